"""The staff routes' requests and answers."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from app.kiosk.models.fields import Id, RequestBody, whole
from app.kiosk.models.toys import SafeAnswer, ToyAnswer
from app.kiosk.staff.rule_models import RuleAnswer
from app.kiosk.store.bundles import bundle_name
from recommender.serving.barcodes import barcode_key, is_rounded

MAX_LINES: Final = 20_000
MAX_COUNT: Final = 10**9
Words = Annotated[str, Field(strict=True, min_length=1, max_length=500)]
Count = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT), BeforeValidator(whole)]


class RecallKey(RequestBody):
    """A toy by id or by barcode: one of the two."""

    toy_id: Id | None = None
    barcode: Id | None = None

    @model_validator(mode="after")
    def _one(self) -> RecallKey:
        if (self.toy_id is None) == (self.barcode is None):
            raise ValueError("must have either toy_id or barcode.")
        if self.barcode is not None and not barcode_key(self.barcode):
            raise ValueError(f"must have a barcode with digits or letters. Got {self.barcode[:80]!r}.")
        return self


class RecallLine(RecallKey):
    """A recalled toy, why, and who says so."""

    reason: Words | None = None
    source: Words | None = None

    @model_validator(mode="after")
    def _whole(self) -> RecallLine:
        if self.barcode is not None and is_rounded(self.barcode):  # it would be taken, and recall nothing
            raise ValueError(
                "must have every digit of a barcode; a spreadsheet rounded it: let the column be text. "
                f"Got {self.barcode[:80]!r}."
            )
        return self


class RecallList(RequestBody):
    """Recalls, in force at once."""

    recalls: list[RecallLine] = Field(min_length=1, max_length=MAX_LINES)


class StockLine(RequestBody):
    """How many of a toy a store has."""

    toy_id: Id
    count: Count


class StockList(RequestBody):
    """What a store has. `whole`: all of it, so that toys that are not on the list are out of stock."""

    store_id: Id | None = Field(None, description="By default the store of this kiosk, setting `store_id`.")
    whole: bool = Field(False, strict=True)
    toys: list[StockLine] = Field(max_length=MAX_LINES)

    @model_validator(mode="after")
    def _once(self) -> StockList:
        met: set[str] = set()
        for line in self.toys:
            if line.toy_id in met:
                raise ValueError(f"must name each toy once. Got {line.toy_id[:80]!r} twice.")
            met.add(line.toy_id)
        return self


class RecallAnswer(BaseModel):
    """One recall in force, and the toys of the catalogue that it takes away."""

    by: Literal["toy_id", "barcode"]
    value: str
    reason: str | None
    source: str | None
    added: str
    toys: list[str]


class RecallsAnswer(BaseModel):
    """Every recall, newest first."""

    recalls: list[RecallAnswer]


class RecallImportAnswer(BaseModel):
    """What a list came to. `unknown`: lines that name no toy of the catalogue; they hold all the same when it comes."""

    new: int
    known_before: int
    toys: list[str]
    unknown: list[str]


class StockAnswer(BaseModel):
    """What a store has now. `unknown_ids` were kept, and name no toy of the catalogue."""

    store_id: str
    in_stock: int
    out_of_stock: int
    unstated: int
    unknown_ids: list[str]


class WhyAnswer(BaseModel):
    """Why a toy is, or is not, shown: the verdict, every rule that forbids it, and what stands behind them.

    `staff_rules`: pins, boosts, buries and hides that speak of the toy and are in force.
    """

    toy: ToyAnswer
    safe: SafeAnswer
    rules: list[SafeAnswer]
    recalls: list[RecallAnswer]
    stock: int | None
    staff_rules: list[RuleAnswer]


class ScannedAnswer(BaseModel):
    """The toys with a barcode."""

    toys: list[WhyAnswer]


class FoundToy(BaseModel):
    """A toy that was found, and whether it may be shown."""

    toy: ToyAnswer
    safe: SafeAnswer


class StaffSearchAnswer(BaseModel):
    """Toys best first; `matched`, `corrected` and `every_word` as in a shopper's search."""

    toys: list[FoundToy]
    matched: int
    corrected: str | None
    every_word: bool


class KeyAnswer(BaseModel):
    """A staff key. `expires`: when it ends, null for one that works until it is removed."""

    name: str
    role: Literal["clerk", "manager"]
    expires: str | None


class ChangeAnswer(BaseModel):
    """Who changed what."""

    id: int
    time: str
    who: str
    action: str
    details: dict[str, Any]


class ChangesAnswer(BaseModel):
    """The newest changes, newest first; ask again with `before` = the last id for more."""

    changes: list[ChangeAnswer]


class BundleName(RequestBody):
    """A bundle by the name of its folder or zip; never a path."""

    name: Annotated[str, Field(strict=True, min_length=1, max_length=200), AfterValidator(bundle_name)]


class ActiveBundle(BaseModel):
    """The bundle that answers. `name` in `bundles_dir`; null while it is the setting's own."""

    name: str | None
    model: str
    created: str
    toyguide: str
    toys: int


class LyingBundle(BaseModel):
    """A bundle in `bundles_dir`. `problem`: why its manifest cannot be used; its files are read at activation."""

    name: str
    model: str | None
    created: str | None
    toyguide: str | None
    problem: str | None


class OutsideBundle(BaseModel):
    """What may be a bundle in `import_dir`. `bytes`: of a zip."""

    name: str
    kind: Literal["zip", "folder"]
    bytes: int | None


class PublishedBundle(BaseModel):
    """What `current.json` said. `name`: of the folder in `publish_dir`; `published`: when."""

    name: str
    model: str
    published: str


class PickedBundle(PublishedBundle):
    """The published bundle that was dealt with last. `picked`: when.

    `before`: the model that answered until then, null if it was this one; `judged`: how often their positive rates were
    compared, and this one stayed; `watched`: they will be, and if that of this one fell too far, the kiosk goes back.
    """

    picked: str
    before: str | None
    judged: int
    watched: bool


class RefusedBundle(PublishedBundle):
    """A published bundle that is not taken, or was taken back; `refused`: when."""

    refused: str
    why: str


class PublishedAnswer(BaseModel):
    """What is published for this kiosk, and what it made of it.

    `current`: at the last look, which was at `looked`; `problem`: why that could not be taken, and is tried again
    """

    looked: str | None
    current: PublishedBundle | None
    problem: str | None
    picked: PickedBundle | None
    refused: list[RefusedBundle]


class BundlesAnswer(BaseModel):
    """Which bundle answers, and which others there are.

    `previous`: what `:rollback` goes back to; `held`: the model before, while pages of its lists may be asked for.
    `published`: null without `publish_dir`.
    """

    active: ActiveBundle
    previous: str | None
    held: str | None
    bundles: list[LyingBundle]
    importable: list[OutsideBundle]
    published: PublishedAnswer | None


class MissedSearch(BaseModel):
    """A text that found nothing: how often, on how many days, and the day when it was sought last."""

    text: str
    times: int
    days: int
    last: str


class MissedAnswer(BaseModel):
    """Searches that found nothing, the most frequent first."""

    searches: list[MissedSearch]
