"""What a shop changes of a bundle's toys: some added, some corrected, some retired. The bundle itself stays as it is.

`overlaid` puts an overlay over an engine; it is the one way to do so, at start, when staff change a toy, and when a
bundle takes another's place. Where bundle and overlay disagree about safety, the stricter of both holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from data.schema import Audience, Hazard, Toy, safety_floor
from recommender.serving.barcodes import barcode_key
from recommender.serving.encoder import has_encoder, place_toys
from recommender.serving.engine import Engine


@dataclass(frozen=True, slots=True)
class Correction:
    """What a shop says of a toy that the bundle holds; None and () are not said, and leave what the bundle says.

    hazards: beside those of the bundle; safety_min_age: in force where it is the higher; audience: where it is not
    known, or is made for adults
    """

    price: Decimal | None = None
    recommended_age: int | None = None
    recommended_age_to: int | None = None
    safety_min_age: int | None = None
    hazards: tuple[Hazard, ...] = ()
    audience: Audience | None = None
    barcode: str | None = None
    aisle: str | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """Toys that a shop added, oldest first; corrections by toy id; ids of the toys that it no longer sells."""

    added: tuple[Toy, ...] = ()
    corrections: Mapping[str, Correction] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()


def overlaid(engine: Engine, overlay: Overlay) -> Engine:
    """The bundle of `engine` with `overlay` over it, in place of any other; what it does not change is shared.

    An added toy is placed by the bundle's toy encoder, behind the bundle's own. One that the bundle holds itself is the
    bundle's, but for what the shop knows of its safety. A bundle without an encoder has no added toys; all else holds.
    Raises BundleError if the encoder cannot be used.
    """
    base = engine.bundle_engine or engine
    changed = _changed(base, overlay)
    added = [_as_sold(toy, overlay) for toy in overlay.added if toy.id not in base.index]
    if not has_encoder(base.manifest):
        added = []
    if not changed and not added:
        return base
    shop = base.with_toys(changed, added, _vectors(engine, added), _also_scanned(base, changed, added, overlay))
    if [_words(toy) for toy in engine.toys[len(base.toys) :]] == [_words(toy) for toy in added]:
        shop.words = engine.words  # the same to search in: no shopper need wait until it is made again
    return shop


def corrected(toy: Toy, said: Correction) -> Toy:
    """`toy` with what a shop says of it; of two words on its safety, the stricter."""
    hazards = tuple(dict.fromkeys((*toy.hazards, *said.hazards)))
    known = [age for age in (toy.safety_min_age, said.safety_min_age) if age is not None]
    from_, to = said.recommended_age, said.recommended_age_to
    return replace(
        toy,
        price=toy.price if said.price is None else said.price,
        recommended_age=toy.recommended_age if from_ is None else from_,
        recommended_age_to=toy.recommended_age_to if to is None else to,
        safety_min_age=max(*known, safety_floor(hazards)) if known else None,
        hazards=hazards,
        audience=_stricter(toy.audience, said.audience),
        barcode=toy.barcode if said.barcode is None else said.barcode,
        aisle=toy.aisle if said.aisle is None else said.aisle,
    )


def _stricter(audience: Audience, said: Audience | None) -> Audience:
    if said is Audience.ADULT or (said is not None and audience is Audience.UNKNOWN):
        return said
    return audience


def _safety_of(toy: Toy) -> Correction:
    return Correction(safety_min_age=toy.safety_min_age, hazards=toy.hazards, audience=toy.audience)


def _as_sold(toy: Toy, overlay: Overlay) -> Toy:
    """An added toy as it is shown: with its correction, and with a picture, which the engine draws."""
    sold = replace(toy, picture="", active=toy.id not in overlay.retired)
    said = overlay.corrections.get(toy.id)
    return sold if said is None else corrected(sold, said)


def _changed(base: Engine, overlay: Overlay) -> dict[int, Toy]:
    """Toys of the bundle that are not what it says, by place."""
    now: dict[int, Toy] = {}
    said = [(toy.id, _safety_of(toy)) for toy in overlay.added]
    for toy_id, correction in [*said, *overlay.corrections.items()]:
        if place := base.index.get(toy_id):
            now[place] = corrected(now.get(place, base.toys[place - 1]), correction)
    for toy_id in overlay.retired:
        if place := base.index.get(toy_id):
            now[place] = replace(now.get(place, base.toys[place - 1]), active=False)
    return {place: toy for place, toy in now.items() if toy != base.toys[place - 1]}


def _also_scanned(
    base: Engine, changed: Mapping[int, Toy], added: Sequence[Toy], overlay: Overlay
) -> list[tuple[str, str]]:
    """Barcodes that toys have beside the one that is shown: a recall by any of them must find the toy."""
    shown = {toy.id: toy.barcode for toy in (*base.toys, *changed.values(), *added)}
    others = [(base.toys[place - 1].id, base.toys[place - 1].barcode) for place in changed]
    others += [(toy.id, toy.barcode) for toy in overlay.added if toy.id in shown]
    found: dict[tuple[str, str], str] = {}
    for toy_id, barcode in others:
        if barcode and barcode_key(barcode) != barcode_key(shown[toy_id] or ""):
            found[toy_id, barcode_key(barcode)] = barcode
    return [(toy_id, barcode) for (toy_id, _), barcode in found.items()]


def _vectors(engine: Engine, added: Sequence[Toy]) -> NDArray[np.float32]:
    """float32 [M, d]. Toys that `engine` had placed already are not placed again."""
    base = engine.bundle_engine or engine
    start = len(base.toys)
    known = {_placed(toy): engine.student.table[start + row] for row, toy in enumerate(engine.toys[start:], 1)}
    new = list(dict.fromkeys(_placed(toy) for toy in added if _placed(toy) not in known))
    known.update(zip(new, place_toys(base.folder, base.manifest, new), strict=True))
    rows = [known[_placed(toy)] for toy in added]
    return np.stack(rows) if rows else np.zeros((0, base.student.table.shape[1]), np.float32)


def _placed(toy: Toy) -> Toy:
    """What of a toy its place hangs on."""
    return replace(
        toy, picture=None, active=True, barcode=None, aisle=None, safety_min_age=None, hazards=(), description=None
    )


def _words(toy: Toy) -> tuple[object, ...]:
    """What a toy is found by."""
    return toy.title, toy.title_zh, toy.brand, toy.category, toy.interests, toy.description, toy.description_zh
