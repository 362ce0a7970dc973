"""What is known of every dataset from one kind of source: who made it, how its rows came to be, on what terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.dataset import Source

NOT_STATED: Final = "Not stated: ask whoever gave you the data before you share them, or a model made from them."
_OF_KIOSKS: Final = (
    "Events that kiosks took are about people and belong to their shop: they are not shared without its leave."
)


@dataclass(frozen=True)
class Origin:
    """What holds for all datasets of one kind of source, in sentences.

    made: by whom and for what; gathered: how the rows came to be; ids: what the ids of shoppers are
    licence: the terms; None where only whoever gave the data knows them
    simulated: no person did anything in it, but for what may have been joined to it later
    """

    made: str
    gathered: str
    ids: str
    licence: str | None = None
    simulated: bool = False


_FREE: Final = "Made by this program from its own words: use it and share it as you like."
ORIGINS: Final = {
    "world": Origin(
        "Made up whole by `toyguide data simulate`, so that a shop can be shown and tested without anybody's data. No "
        "shop, toy, brand or person in it exists.",
        "Nothing was observed. Households with growing children were drawn at random, and each of their choices from "
        "chances that the program knows.",
        "Ids of shoppers and children are numbers that the program drew.",
        _FREE,
        simulated=True,
    ),
    "loop": Origin(
        "Made up by `toyguide loop`, to find out whether retraining makes a shop better. No shop, toy, brand or person "
        "in it exists.",
        "Simulated households with growing children chose from the lists that real kiosks gave them, by chances that "
        "the program knows.",
        "Ids of shoppers are pseudonyms of numbers that the program drew.",
        _FREE,
        simulated=True,
    ),
    "amazon": Origin(
        "Reviews of toys on Amazon and the shop's descriptions of these toys, gathered by Julian McAuley's group for "
        "research on recommendation.",
        "Reviews that people wrote in public, by their own choice. A rating from the chosen one on counts as a "
        "purchase, a lower one as a dismissal; views and likes were never seen. Ages and hazards are read from the "
        "makers' texts.",
        "Ids of shoppers are Amazon's public ids of reviewers: whoever looks them up may find a person's profile.",
        "For research, as its publisher asks; what people wrote and Amazon shows stays theirs. Ask there before you "
        "share it, or use it in a shop.",
    ),
    "sequences": Origin(
        "Imported from files in the layout of research benchmarks, a line a shopper; who made these files, and for "
        "what, they do not say.",
        "Every toy of a line became a purchase: the layout knows no other kind of event.",
        "Ids of shoppers are those of the files, unchanged.",
    ),
    "table": Origin(
        "Imported from a shop's own tables; who made these, and for what, they do not say.",
        "A row of the tables is a toy or an event. A field that was not understood became unknown.",
        "Ids of shoppers are those of the tables, unchanged: if names or addresses were used as ids, they are in it.",
    ),
    "recbole": Origin(
        "Imported from RecBole's atomic files; who made these, and for what, they do not say.",
        "Each interaction became an event: by its kind where the file has one, else by its rating.",
        "Ids of shoppers are those of the files, unchanged.",
    ),
    "kiosk": Origin(
        "Exported from the kiosks of a shop, to make its next recommender.",
        "What shoppers did on the shop's pages, as the kiosks took it: each saw lists that a model had chosen, so what "
        "was never shown could not be liked.",
        "Ids of shoppers, sessions and recipients are pseudonyms under a key that stays in each kiosk.",
    ),
}
_UNKNOWN: Final = Origin(
    "From a source that this version of toyguide does not know.",
    "How its rows came to be is not known here.",
    "Ids of shoppers are those of the source.",
)


def origin_of(source: Source) -> Origin:
    """What is known of datasets of that kind of source."""
    return ORIGINS.get(source.name, _UNKNOWN)


def is_joined(source: Source) -> bool:
    """Whether later events were joined to what a dataset began as."""
    return "joined_to" in source.options


def has_kiosk_events(source: Source) -> bool:
    """Whether a dataset holds what people did at kiosks, or may: later events come from them as a rule."""
    return source.name == "kiosk" or (is_joined(source) and source.name != "loop")


def terms_of(source: Source) -> list[str]:
    """On what terms a dataset may be used and shared, in sentences: as stated, else as is known of its kind."""
    if source.licence is not None:
        said = [f"As stated by whoever imported it: {source.licence}"]
    else:
        said = [origin_of(source).licence or NOT_STATED]
    return [*said, _OF_KIOSKS] if has_kiosk_events(source) else said
