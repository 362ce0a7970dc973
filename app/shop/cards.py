"""The HTML of cards and panels, as strings. Whatever came from the catalogue is escaped here, and nowhere else.

Words that go into one of Streamlit's own parts (a link, a button, a toast) are Markdown there: `plain` makes them text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Final

from app.shop import text
from app.shop.models import Item, Toy
from app.shop.profile import Profile
from data.schema import SMALLEST_MONTHS

MAX_TITLE: Final = 160
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$&=:@])")
_COMMAND: Final = re.compile(r"(\\:(?=\S)|\\@|\bwww(?=\\\.))", re.IGNORECASE)
_TAG: Final = re.compile(r"(<(?=/)|[-!\]](?=>))")
_WORD_JOINER: Final = "\u2060"


def plain(words: str, limit: int = MAX_TITLE) -> str:
    """`words` as Markdown that shows exactly them, on one line, cut at `limit` characters.

    A word joiner, which nobody sees, breaks what Streamlit would make something of although its signs are escaped:
    `:smile:`, `:red[…]`, and web and mail addresses, which would become links out of the shop.
    """
    line = " ".join(words.split())
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return _COMMAND.sub(rf"\1{_WORD_JOINER}", _MARKDOWN.sub(r"\\\1", line))


def named(words: str, title: str) -> str:
    """The label of a button that stands beside others like it: `words`, and for those who listen also which toy.

    The style sheet hides what is small in such a label from the eye alone.
    """
    return f"{words} :small[{plain(title, 80)}]"


def picture(toy: Toy, address: str, language: str) -> str:
    """The picture with its alternative text.

    The browser's sanitiser takes away an attribute that looks like the end of an element or of a comment: a word
    joiner, which nobody sees, keeps the title of such a toy.
    """
    alt = _TAG.sub(rf"\1{_WORD_JOINER}", text.t(language, "card.picture", title=text.title(toy, language)))
    return f'<img class="picture" src="{escape(address)}" alt="{escape(alt[:300])}" loading="lazy" draggable="false">'


def card_facts(item: Item, profile: Profile, language: str) -> str:
    """Under a card's title: price, age, safety words and the reason."""
    toy = item.toy
    why = text.first_reason(item, profile, language)
    rows = [
        f'<p class="money"><span class="price">{escape(text.price(toy, language))}</span>{age_mark(toy, language)}</p>',
        safety_mark(toy, language),
        f'<p class="why">{icon("auto_awesome")}<span>{escape(why)}</span></p>' if why else "",
    ]
    return _speaks(language, "facts", "".join(rows))


def age_mark(toy: Toy, language: str) -> str:
    """The recommended age, with the word for those who do not see the badge."""
    word, ages = escape(text.t(language, "card.age")), escape(text.age_range(toy, language))
    return f'<span class="age">{icon("cake")}<span class="unseen">{word}: </span>{ages}</span>'


def safety_mark(toy: Toy, language: str) -> str:
    """The safety words; a hazard stands out. Empty where a toy is for everyone."""
    words = text.safety(toy, language)
    if not words:
        return ""
    if toy.hazards:
        return f'<p class="safety hazard">{icon("warning")}<span>{escape(words)}</span></p>'
    return f'<p class="safety">{icon("verified_user")}<span>{escape(words)}</span></p>'


def toy_head(toy: Toy, language: str) -> str:
    """A toy's page beside its picture: title, price, what it is."""
    about = text.description(toy, language)
    return _speaks(
        language,
        "details",
        f"<h1>{escape(text.title(toy, language))}</h1>"
        f'<p class="money"><span class="price">{escape(text.price(toy, language))}</span></p>'
        + (f'<p class="about">{escape(about)}</p>' if about else ""),
    )


def toy_details(toy: Toy, reasons: Sequence[str], language: str) -> str:
    """Below a toy's head: ages, warnings, kind, where it stands, why it is shown."""
    t = text.t
    safety = text.safety(toy, language) or t(language, "toy.safe")
    if toy.safety_min_age is None and text.safe_from(toy) == SMALLEST_MONTHS:
        safety = f"{safety}. {t(language, 'toy.age_assumed')}"
    rows = [
        ("toy.recommended", text.age_range(toy, language)),
        ("toy.safety", safety),
        ("toy.interests", text.join([text.interest(name, language, True) for name in toy.interests], language)),
        ("toy.kind", " › ".join(text.category(name, language) for name in toy.category)),
        ("toy.brand", toy.brand or ""),
        ("toy.aisle", toy.aisle or ""),
    ]
    listed = "".join(
        _row(t(language, key), value, warns=key == "toy.safety" and bool(toy.hazards)) for key, value in rows if value
    )
    why = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    if why:
        why = f'<h2 class="small">{escape(t(language, "toy.why"))}</h2><ul class="reasons">{why}</ul>'
    return _speaks(language, "details", f"<dl>{listed}</dl>{why}")


def brand(mark: str, language: str) -> str:
    """The shop's sign: its mark (an address), its name, a line."""
    name, line = text.t(language, "shop.name"), text.t(language, "shop.tagline")
    words = f'<span class="name">{escape(name)}</span><span class="line">{escape(line)}</span>'
    return _speaks(language, "brand", f'<img src="{escape(mark)}" alt=""><span>{words}</span>')


def heading(title: str, lead: str, language: str, drawing: str = "") -> str:
    """The head of a page; `drawing` is one of our own as an address, beside it where there is room."""
    art = f'<img class="art" src="{escape(drawing)}" alt="">' if drawing else ""
    return _speaks(language, "heading", f"<h1>{escape(title)}</h1><p>{escape(lead)}</p>{art}")


def shelf_head(count: str, summary: str, language: str) -> str:
    """Over the cards: how many toys, and for whom. `page.js` has it read out when it changes."""
    return _speaks(language, "shelf-head", f"<h2>{escape(count)}</h2><p>{escape(summary)}</p>")


def section(title: str, language: str) -> str:
    """A heading inside a page."""
    return _speaks(language, "section", f"<h2>{escape(title)}</h2>")


def panel(drawing: str, title: str, lines: Sequence[str], language: str, level: int = 2) -> str:
    """A friendly notice in place of cards, read out as it comes; `drawing` is one of our own pictures as an address.

    level: of its heading, 1 where the page has no other
    """
    said = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    art = f'<img src="{escape(drawing)}" alt="">' if drawing else ""
    return _speaks(language, "panel", f"{art}<h{level}>{escape(title)}</h{level}>{said}")


def icon(name: str) -> str:
    """A sign of Streamlit's own icon font, which travels with it. It repeats the words beside it, and is none."""
    return f'<span class="icon" aria-hidden="true" data-icon="{name}"></span>'


def waiting(words: str, cards: int, language: str) -> str:
    """Where a shelf is still to come: what it will look like."""
    return _speaks(
        language,
        "waiting",
        f'<p>{escape(words)}</p><div class="skeleton" aria-hidden="true">{"<div></div>" * cards}</div>',
    )


def note(words: str, language: str) -> str:
    """A quiet line."""
    return _speaks(language, "note", f"<p>{escape(words)}</p>")


def _row(name: str, value: str, warns: bool) -> str:
    kind = "hazard" if warns else "fact"
    return f'<div class="{kind}"><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>'


def _speaks(language: str, kind: str, content: str) -> str:
    return f'<div class="{kind}" lang="{language}">{content}</div>'
