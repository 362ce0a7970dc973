"""Numbers without a unit: an age where it may be one, else a sum."""

from __future__ import annotations

from app.shop.numerals import ANY, CHINESE, ENGLISH, number
from app.shop.understand.age_words import age_is_said
from app.shop.understand.ages import NEARLY, take_age
from app.shop.understand.reading import Reading
from app.shop.understand.sums import TO, take_price
from app.shop.understand.values import CHILD_YEARS


def read_bare_numbers(reading: Reading) -> None:
    """Numbers without a unit: "for 5", "niece (4)", "about 5", "under 20"."""
    ends = (
        r"(?=\s*(?:$|[,.;:!?)\]，。；！？\0\1]|(?:and|or|under|who|with|up|max|less|below|"
        r"budget|loves?|likes?|but|he|she|for|on|next|this|soon|tomorrow)(?![a-z])))"
    )
    limit = r"(?:under|less than|below|up to|within|低于|少于|小于)"
    for match in reading.each(rf"(?:between|from) (?P<low>{ENGLISH}){TO}(?P<high>{ENGLISH}){ends}"):
        if not age_is_said(reading) and number(match["high"]) <= CHILD_YEARS:
            take_age(reading, match, lambda n: int(n * 12))
        else:
            take_price(reading, match, None)
    for match in reading.each(rf"{limit} ?(?P<high>(?P<low>{ANY}))s?(?:以下)?{ends}|(?P<other>{CHINESE})以下"):
        said = match["high"] or match["other"]
        if not age_is_said(reading) and number(said) <= CHILD_YEARS:
            reading.doubt("under")
            reading.add(match, "age", max(int(number(said) * 12) - 12, 0))
        elif match["high"]:
            take_price(reading, match, None)
        else:
            reading.add(match, "budget", int(number(said)) or 1)
    about = r"(?:(?<![a-z])(?:about|around|approximately|approx\.?|roughly)|~)"
    for pattern in (
        rf"{about} ?(?P<high>(?P<low>{ENGLISH}))(?P<half> and a half)?{ends}",
        rf"(?P<high>(?P<low>{ENGLISH}))[ -]?ish(?![a-z])",
    ):
        for match in reading.each(pattern):
            if not age_is_said(reading) and number(match["low"]) <= CHILD_YEARS:
                take_age(reading, match, lambda n: int(n * 12))
            elif not reading.knows("budget"):
                take_price(reading, match, None)
    for match in reading.each(rf"(?P<near>{NEARLY} ?)(?P<low>{ANY}){ends}"):
        if number(match["low"]) <= CHILD_YEARS:
            take_age(reading, match, lambda n: int(n * 12))
    if reading.knows("age"):
        return
    people = (
        r"boys?|girls?|sons?|daughters?|nieces?|nephews?|kids?|child(?:ren)?|grandsons?|"
        r"granddaughters?|godson|goddaughter|cousin|friend|brother|sister|twins"
    )
    who = (
        rf"(?:(?<![a-z])(?:for (?:an? |my )?|(?:{people})(?: is| are|'s| of|,)? |"
        r"(?:he|she|they)(?:'s| is|'re| are) )|\(|, ?)"
    )
    for match in reading.each(
        rf"(?:{who}|^)(?P<low>{ENGLISH})(?:{TO}(?P<high>{ENGLISH}))?(?:(?: and|,|, and) (?P<other>{ENGLISH}))?{ends}"
    ):
        if number(match["low"]) <= CHILD_YEARS:
            take_age(reading, match, lambda n: int(n * 12))
