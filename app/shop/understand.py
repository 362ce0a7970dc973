"""What a sentence says of a gift: age, a younger child, interests, a budget. Rules and two word lists; nothing is sent.

An age is never guessed upwards: of a range, of several children and of a word such as "toddler" the lowest counts.
Both languages are read at once, so that "Lego 给四岁" needs no setting.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

from app.shop.numerals import ANY, CHINESE, ENGLISH, number

MAX_TEXT: Final = 500
OLDEST_MONTHS: Final = 120 * 12
MOST: Final = 1_000_000
"""The highest budget that is believed."""
CHILD_YEARS: Final = 17
"""A bare number up to this is an age, a higher one a price."""

Doubt = Literal["two", "under", "age", "zero", "sum", "currency", "cut"]
Kind = Literal["age", "younger", "interest", "budget"]


@dataclass(frozen=True, slots=True)
class Span:
    """Where in the text something was understood; `value`: months, an interest's name, or a sum."""

    start: int
    end: int
    kind: Kind
    value: int | str


@dataclass(frozen=True, slots=True)
class Understood:
    """age_months, younger_months: 0…`OLDEST_MONTHS`; budget: the highest price, 1…`MOST`; currency: as said, else None

    rest: the words that were not understood; spans: in the order of the text
    doubts: two (several children), under ("under 4" was read as an age), age (one that nobody has), zero (a budget of
    nothing), sum (one beyond `MOST`), currency (not the shop's: the budget is left out), cut (only the beginning was
    read)
    """

    age_months: int | None = None
    younger_months: int | None = None
    interests: tuple[str, ...] = ()
    budget: int | None = None
    currency: str | None = None
    rest: str = ""
    spans: tuple[Span, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def anything(self) -> bool:
        """True where at least one answer was understood."""
        return bool(self.interests) or any(
            answer is not None for answer in (self.age_months, self.younger_months, self.budget)
        )


def understand(text: str, interests: Iterable[str], currency: str | None) -> Understood:
    """What `text` says, in terms of the shop's own `interests`; sums are in its `currency` unless they say another.

    Any text will do: what cannot be understood is `rest`.
    """
    reading = _Reading(text[:MAX_TEXT], "".join(map(_plain, text[:MAX_TEXT])))
    if len(text) > MAX_TEXT:
        reading.doubt("cut")
    _read_prices(reading, currency)
    _read_ages(reading)
    _read_bare_numbers(reading)
    _read_age_words(reading)
    _read_interests(reading, tuple(interests))
    return reading.understood()


@dataclass
class _Reading:
    """`open`: the text in lower case; what has been read is overwritten with `_READ`, sign for sign."""

    text: str
    open: str
    spans: list[Span] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    currency: str | None = None

    def doubt(self, doubt: Doubt) -> None:
        if doubt not in self.doubts:
            self.doubts.append(doubt)

    def close(self, start: int, end: int) -> None:
        self.open = self.open[:start] + _READ * (end - start) + self.open[end:]

    def add(self, match: re.Match[str], kind: Kind, value: int | str) -> None:
        self.spans.append(Span(match.start(), match.end(), kind, value))
        self.close(match.start(), match.end())

    def each(self, pattern: str) -> Iterable[re.Match[str]]:
        """Matches in what is still open, also after each of them was closed."""
        position = 0
        while (match := _compiled(pattern).search(self.open, position)) is not None:
            position = max(match.end(), position + 1)
            yield match

    def knows(self, kind: Kind) -> bool:
        return any(span.kind == kind for span in self.spans)

    def understood(self) -> Understood:
        spans = tuple(sorted(self.spans, key=lambda span: span.start))
        ages = {int(span.value) for span in spans if span.kind == "age"}
        younger = {int(span.value) for span in spans if span.kind == "younger"}
        sums = [int(span.value) for span in spans if span.kind == "budget"]
        age = min(ages, default=None)
        if len(ages) > 1:
            self.doubt("two")
        youngest = min(younger, default=None)
        if age is not None and youngest is not None and youngest >= age:
            youngest = None
        return Understood(
            age_months=age,
            younger_months=youngest,
            interests=tuple(dict.fromkeys(str(span.value) for span in spans if span.kind == "interest")),
            budget=min(sums, default=None),
            currency=self.currency,
            rest=self._rest(),
            spans=spans,
            doubts=tuple(self.doubts),
        )

    def _rest(self) -> str:
        """What is still open and says something, in the visitor's own letters."""
        still = "".join(
            mine if sign != _READ and mine.isprintable() else " "
            for mine, sign in zip(self.text, self.open, strict=True)
        )
        pieces = _compiled(r"[㐀-鿿]+|[^\s㐀-鿿,.;:!?()\[\]，。；：！？、（）]+").findall(still)
        words = (_without_small_words(piece) for piece in pieces)
        return " ".join(word for word in words if word)


_READ: Final = "\0"

# ---- prices ----------------------------------------------------------------------------------------------------------

_SIGNS: Final = {"£": ("GBP",), "€": ("EUR",), "$": ("USD", "AUD", "CAD", "HKD"), "¥": ("CNY", "JPY")}
_NAMES: Final = {
    "GBP": "pounds?|quid|gbp|英镑|镑",
    "USD": "usd|us dollars?|美元|美金",
    "EUR": "euros?|eur|欧元",
    "CNY": "rmb|cny|yuan|人民币",
    "HKD": "hkd|港币|港元",
    "JPY": "jpy|yen|日元",
}
_ANY_NAMES: Final = "dollars?|bucks?|元钱?|块钱?"  # of the shop's own currency, whichever that is
_BEFORE: Final = r"(?P<sign>us\$|[£€$¥]|(?:gbp|usd|eur|rmb|cny|hkd|jpy) ?)"
_AFTER: Final = (
    rf"(?P<name>{'|'.join(_NAMES.values())}|{_ANY_NAMES}|[£€$¥])(?![a-z])(?:人民币)?"  # "50块" and "50块人民币"
)
_LOWEST: Final = (
    r"(?<!no )(?<!not )(?<!不)(?<!别)(?<!不要)(?:over|more than|at least|above|minimum(?: of)?|"
    r"min\.?|至少|超过|高于|不低于)"
)
_UNDER: Final = (
    r"(?:under|below|less than|up to|within|no more than|not more than|at most|cheaper than|not over|"
    r"max(?:imum)?\.?(?: of)?|around|about|roughly|approximately|"
    r"(?:my |a |the )?budget(?: is| of|:)?(?: around| about| under| up to)?|spend(?:ing)?(?: up to)?|"
    r"costs?(?: under| up to)?|for|"
    r"不超过|不要超过|别超过|最多|低于|少于|预算(?:是|在|为|大约|大概|大约是)?[:：]?|价格(?:在)?|大约|大概|约|花)"
)
_PRICE_WORD: Final = (
    r"(?:no more than|not more than|at most|cheaper than|not over|max(?:imum)?\.?(?: of)?|"
    r"(?:my |a |the )?budget(?: is| of|:)?(?: around| about| under| up to)?|spend(?:ing)?(?: up to|"
    r" about)?|costs? (?:under|up to|less than)|"
    r"price(?:d)? (?:under|below|up to)|"
    r"不超过|不要超过|别超过|最多|预算(?:是|在|为|大约|大概|大约是)?[:：]?|价格(?:在)?(?:低于)?)"
)
_TO: Final = r" ?(?:-|–|—|~|～|to|and|or|到|至|或|和) ?"
_OR_LESS: Final = (
    r"(?: ?(?:or (?:less|under|below|so)|max(?:imum)?(?![a-z])|tops|at most|budget|"
    r"以内|之内|以下|左右|上下|内|的?预算))?"
)


def _read_prices(reading: _Reading, currency: str | None) -> None:
    for match in reading.each(
        rf"{_LOWEST} ?(?:{_BEFORE} ?{ANY}|{ANY} ?{_AFTER})|{ANY} ?{_AFTER.replace('name', 'other')}(?:以上|"
        rf"起|or more)"
    ):
        reading.currency = reading.currency or _currency_of(match.groupdict(), currency)
        reading.open = _kept(reading, match)
    span = rf"(?:between |from |{_UNDER} ?)?"
    for pattern in (
        (
            rf"{span}{_BEFORE} ?(?P<low>{ANY}){_TO}(?:{_BEFORE.replace('sign', 'second')})? ?(?P<high>{ANY})"
            rf"(?: ?{_AFTER})?{_OR_LESS}"
        ),
        rf"{span}(?P<low>{ANY}){_TO}(?P<high>{ANY}) ?{_AFTER}{_OR_LESS}",
        rf"(?:{_UNDER} ?)?{_BEFORE} ?(?P<high>{ANY})(?: ?{_AFTER})?{_OR_LESS}",
        rf"(?:{_UNDER} ?)?(?P<high>{ANY}) ?{_AFTER}{_OR_LESS}",
        (
            rf"{_PRICE_WORD} ?(?:between |from )?(?:{ANY}{_TO})?(?P<high>{ANY})(?! ?(?:years?|"
            rf"months?|yrs?|岁|个月|周|-|children|kids|toys?|个|件|样))"
        ),
        r"(?P<high>" + CHINESE + r")(?:以内|之内|的?预算)(?!的?(?:孩子|宝宝|岁))",
        rf"(?P<high>{ENGLISH}) (?:or less|max(?:imum)?|tops|at most)(?![a-z])",
    ):
        for match in reading.each(pattern):
            _take_price(reading, match, currency)
    for match in reading.each(rf"(?:{CHINESE}{_TO})?(?P<high>{CHINESE}) ?(?:之间|左右|上下)"):
        if number(match["high"]) > CHILD_YEARS:
            _take_price(reading, match, currency)


def _take_price(reading: _Reading, match: re.Match[str], shop: str | None) -> None:
    said = _currency_of(match.groupdict(), shop)
    amount = int(number(match["high"]))
    reading.currency = reading.currency or said
    if said is not None and shop is not None and said != shop:
        reading.doubt("currency")
    elif amount < 1:
        reading.doubt("zero")
    elif amount > MOST:
        reading.doubt("sum")
    else:
        reading.add(match, "budget", amount)
        return
    reading.open = _kept(reading, match)


def _currency_of(groups: Mapping[str, str | None], shop: str | None) -> str | None:
    """The ISO code that was said; None for words that mean whatever the shop takes, as "dollars" and "块"."""
    for said in (groups.get(name) for name in ("sign", "second", "name", "other")):
        word = (said or "").strip()
        if word in _SIGNS:
            return shop if shop in _SIGNS[word] else _SIGNS[word][0]
        if word == "us$":
            return "USD"
        for code, names in _NAMES.items():
            if word and re.fullmatch(names, word):
                return code
    return None


def _kept(reading: _Reading, match: re.Match[str]) -> str:
    """The text with `match` made unreadable, so that nothing else is read into it; it stays in the rest."""
    return reading.open[: match.start()] + _DEAD * len(match[0]) + reading.open[match.end() :]


_DEAD: Final = "\1"

# ---- ages ------------------------------------------------------------------------------------------------------------

_YEARS: Final = (
    r"(?:[ -]?(?:years?|yrs?)(?:[ -]?olds?)?|[ -]?y/?os?|[ -]?y(?:rs?)?)(?![a-z])(?! (?:ago|"
    r"later|guarantee|warranty))"
)
_MONTHS: Final = r"[ -]?(?:months?|mths?|mos?|m)(?:[ -]?olds?)?(?![a-z])(?! (?:ago|later))"
_WEEKS: Final = r"[ -]?(?:weeks?|wks?)[ -]?olds?(?![a-z])"
_NOT_WHEN: Final = r"(?<!in )(?<!next )(?<!last )"
_ZH_MONTHS: Final = r"个?月(?:大|龄)?(?!后|之后|以后|前|之前|底|初|份|[0-9]+[号日])"
_NEARLY: Final = (
    r"(?:will be|'ll be|about to be|turning|turns|almost|nearly|not yet|not quite|快要?|将近|马上|不到|未满|不满)"
)
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ONE: Final = r"[一二两三四五六七八九]"


def _read_ages(reading: _Reading) -> None:
    year, month = (lambda n: int(n * 12)), (lambda n: int(n))
    nearly = rf"(?P<near>{_NEARLY} ?)?(?P<under>(?:under|below|less than|younger than|up to) (?:the age of |age )?)?"
    old = r"(?:age[sd]?:? (?:of )?|aged? between )?"
    tail = r"(?P<below>以下|以内|之内| (?:or|and) (?:under|younger))?(?:以上|起| ?\+| (?:or|and) (?:over|up|older))?"
    patterns: tuple[tuple[str, Callable[[Any], int]], ...] = (
        (rf"{old}(?P<low>{ENGLISH})[ -]?(?:years?|yrs?|y),? (?:and )?(?P<more>{ENGLISH}){_MONTHS}", year),
        (rf"(?P<low>{ENGLISH}){_MONTHS} ?(?:-|–|to) ?{ENGLISH}{_YEARS}", month),
        (rf"(?P<low>{CHINESE})个月 ?(?:-|–|到|至) ?{CHINESE}周?岁", month),
        (rf"(?P<low>{CHINESE})周?岁零?(?P<more>{CHINESE})个月大?", year),
        (rf"{nearly}{old}(?P<low>{ANY})(?:{_MONTHS})?{_TO}(?P<high>{ANY}){_MONTHS}", month),
        (rf"{_NOT_WHEN}{nearly}{old}(?P<low>{ENGLISH}){_MONTHS}", month),
        (rf"(?P<low>{ENGLISH}){_WEEKS}", lambda n: int(n * 12 / 52)),
        (rf"(?P<low>{CHINESE})(?:周|星期|个星期)大", lambda n: int(n * 12 / 52)),
        (rf"{nearly}(?P<low>{CHINESE})(?:个?月)?(?:{_TO}(?P<high>{CHINESE}))?{_ZH_MONTHS}", month),
        (rf"{nearly}(?P<low>(?:二?十)?{_ONE})(?={_ONE}周?岁){_ONE}周?岁", year),
        (rf"{nearly}(?P<low>{CHINESE})(?:周?岁)?{_TO}(?P<high>{CHINESE})周?岁半?{tail}", year),
        (rf"{nearly}(?P<low>{CHINESE})周?岁(?P<half>半)?大?{tail}", year),
        (r"半(?:周岁|岁|年)大?", lambda _: 6),
        (r"(?:half a year|half-year) ?olds?", lambda _: 6),
        (rf"{nearly}{old}(?P<low>{ENGLISH})(?:{_YEARS})?{_TO}(?P<high>{ENGLISH}){_YEARS}", year),
        (rf"{_NOT_WHEN}{nearly}{old}(?P<low>{ENGLISH}){_YEARS}{tail}", year),
        (rf"{nearly}age[sd]?:? (?:of |between )?(?P<low>{ENGLISH})(?:{_TO}(?P<high>{ENGLISH}))?(?! ?%){tail}", year),
        (rf"turn(?:ing|s|ed) (?P<near>)(?P<low>{ENGLISH})(?! ?(?:pieces|parts))", year),
        (r"(?P<low>[0-9]{1,2})(?:st|nd|rd|th) birthday", year),
        *((rf"(?<![a-z]){word} birthday", _always(12 * years)) for years, word in enumerate(_ORDINALS, 1)),
        (r"(?P<low>[0-9]{1,2}) ?\+(?![0-9])", year),
        (
            (rf"(?P<low>{ENGLISH})(?=(?:,| and| or|, and) (?:a |an )?\0)"),
            year,
        ),  # "4 and 7 year olds": the first of them
        (
            (
                rf"(?<=\0)(?P<mid>)(?: and|, and| &) (?:a |an )?(?P<low>{ENGLISH})(?! ?[a-z]*[0-9£€$¥])(?=$|"
                rf"[ ,.;!?)](?!piece|part|toy))"
            ),
            year,
        ),
    )
    for pattern, months in patterns:
        for match in reading.each(pattern):
            _take_age(reading, match, months)


def _always(months: int) -> Callable[[Any], int]:
    return lambda _: months


def _take_age(reading: _Reading, match: re.Match[str], months: Callable[[Any], int]) -> None:
    said = match.groupdict()
    lowest = min(
        (number(word) for word in (said.get("low"), said.get("high"), said.get("other")) if word), default=None
    )
    value = months(lowest)
    step = 12 if value >= 12 and months(1) == 12 else 1
    if said.get("half"):
        value += 6
    if said.get("more"):
        value += min(int(number(said["more"] or "")), 11)
    if said.get("under") or said.get("below"):
        value -= step
        reading.doubt("under")
    elif said.get("near") is not None:
        value -= step
    value = max(value, 0)
    if value > OLDEST_MONTHS:
        reading.doubt("age")
        reading.open = _kept(reading, match)
        return
    several = said.get("other") or _compiled(_SEVERAL).search(match[0])
    if several and "between" not in match[0] and not said.get("more"):
        reading.doubt("two")
    kind: Kind = "younger" if _is_sibling(reading.open, match) else "age"
    reading.add(match, kind, value)


_SEVERAL: Final = r" and (?!a half|under|over|up|younger|older)| ?和 ?"

_SIBLING_BEFORE: Final = (
    r"(?:(?:with|has|have|and|plus) (?:an? |his |her |their )(?:\w+ )?(?:younger|baby|"
    r"little|small|smaller) (?:sister|brother|sibling|one|cousin)s?|"
    r"at home(?: (?:is|there is|we have|they have))?|(?:家里|家中)?还有(?:一?个|位)?(?:更小的)?|"
    r"(?:他|她|有)的?(?:一?个)?(?:小?弟弟|小?妹妹)(?:是|才|只有|刚)?)"
    r"[ ,(:]*(?:an? |who is |is |of |aged? |who's )*$"
)
_SIBLING_AFTER: Final = (
    r"[ ,)]*(?:的)?(?:younger |baby |little )?(?:sister|brother|sibling)?(?: is)?(?: also)? ?(?:at home|"
    r"in the house)|^(?:大)?的(?:小?弟弟|小?妹妹|二宝)"
)


def _is_sibling(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 60) : match.start()]
    after = text[match.end() : match.end() + 40]
    if _compiled(r"(?:with|has|have|and has|got) (?:an? |his |her |their )$").search(before) and _compiled(
        r" (?:baby |little |younger )?(?:sister|brother|sibling)"
    ).match(after):
        return True
    return bool(_compiled(_SIBLING_BEFORE).search(before) or _compiled(_SIBLING_AFTER).match(after))


def _read_bare_numbers(reading: _Reading) -> None:
    """Numbers without a unit: "for 5", "niece (4)", "under 20"."""
    ends = (
        r"(?=\s*(?:$|[,.;:!?)\]，。；！？\0\1]|(?:and|or|under|who|with|up|max|less|below|"
        r"budget|loves?|likes?|but|he|she|for|on|next|this|soon|tomorrow)(?![a-z])))"
    )
    limit = r"(?:under|less than|below|up to|within|低于|少于|小于)"
    for match in reading.each(rf"(?:between|from) (?P<low>{ENGLISH}){_TO}(?P<high>{ENGLISH}){ends}"):
        if not _age_is_said(reading) and number(match["high"]) <= CHILD_YEARS:
            _take_age(reading, match, lambda n: int(n * 12))
        else:
            _take_price(reading, match, None)
    for match in reading.each(rf"{limit} ?(?P<high>(?P<low>{ANY}))s?(?:以下)?{ends}|(?P<other>{CHINESE})以下"):
        said = match["high"] or match["other"]
        if not _age_is_said(reading) and number(said) <= CHILD_YEARS:
            reading.doubt("under")
            reading.add(match, "age", max(int(number(said) * 12) - 12, 0))
        elif match["high"]:
            _take_price(reading, match, None)
        else:
            reading.add(match, "budget", int(number(said)) or 1)
    for match in reading.each(rf"(?P<near>{_NEARLY} ?)(?P<low>{ANY}){ends}"):
        if number(match["low"]) <= CHILD_YEARS:
            _take_age(reading, match, lambda n: int(n * 12))
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
        rf"(?:{who}|^)(?P<low>{ENGLISH})(?:{_TO}(?P<high>{ENGLISH}))?(?:(?: and|,|, and) (?P<other>{ENGLISH}))?{ends}"
    ):
        if number(match["low"]) <= CHILD_YEARS:
            _take_age(reading, match, lambda n: int(n * 12))


def _age_is_said(reading: _Reading) -> bool:
    return reading.knows("age") or any(_compiled(pattern).search(reading.open) for pattern, _ in _age_words())


def _read_age_words(reading: _Reading) -> None:
    """Toddler, 小学生; where a number has said the age, they only go from the rest."""
    baby = (
        r"(?:with|has|have|and|plus) (?:an? |his |her |their )(?:new )?(?:baby|newborn)(?: (?:sister|"
        r"brother|sibling))?(?: at home)?|baby at home|家里?还?有(?:个|一个)?(?:小?宝宝|"
        r"婴儿|新生儿)|家有二宝"
    )
    if reading.knows("age") or re.search(baby, reading.open[2:]):
        for match in reading.each(baby):
            reading.add(match, "younger", 0)
    number_said = reading.knows("age")
    for pattern, table in _age_words():
        for match in reading.each(pattern):
            months = table[match["word"]]
            if number_said:
                reading.close(match.start(), match.end())
            else:
                reading.add(match, "age", months)


@cache
def _age_words() -> tuple[tuple[str, Mapping[str, int]], ...]:
    both = []
    for language in ("en", "zh"):
        table = {word: int(months) for months, words in _lexicon(language)["ages"].items() for word in words}
        word = _alternatives(table)
        both.append(
            (
                rf"(?<![a-z])(?P<word>{word})(?:s|'s)?(?![a-z])(?! (?:dolls?|grand|brother|sister|animal))"
                if language == "en"
                else rf"(?P<word>{word})",
                table,
            )
        )
    return tuple(both)


# ---- interests -------------------------------------------------------------------------------------------------------


def _read_interests(reading: _Reading, shop: tuple[str, ...]) -> None:
    pattern_en, pattern_zh, table = _interest_words(shop)
    whole = reading.open
    for pattern in (pattern_en, pattern_zh):
        if pattern is None:
            continue
        for match in reading.each(pattern):
            name = table.get(match["word"])
            if name is not None and not _denied(whole[: match.start()]):
                reading.add(match, "interest", name)


@cache
def _interest_words(shop: tuple[str, ...]) -> tuple[str | None, str | None, Mapping[str, str]]:
    """Patterns for English and Chinese words, and what each means in this shop."""
    own = {name.lower(): name for name in shop}
    english: dict[str, str] = {name.lower().replace("_", " "): name for name in shop}
    chinese: dict[str, str] = {}
    for language, table in (("en", english), ("zh", chinese)):
        for name, words in _lexicon(language)["interests"].items():
            if name in own:
                table.update(dict.fromkeys(words, own[name]))
    chinese.update({word: name for word, name in english.items() if re.search(r"[㐀-鿿]", word)})
    one = rf"(?<![a-z])(?P<word>{_alternatives(english)})(?:e?s|'s|-)?(?![a-z])" if english else None
    return one, rf"(?P<word>{_alternatives(chinese)})" if chinese else None, {**english, **chinese}


def _denied(before: str) -> bool:
    """Does a "no" in the same clause stand before it?"""
    clause = re.split(
        r"[,.;:!?，。；：！？]|(?<![a-z])(?:but|loves?|likes?|and loves)(?![a-z])|但是?|(?<!不)喜欢", before
    )[-1]
    # "doesn't like trains": the cut at "like" must not lose its "doesn't"
    if re.search(
        r"(?:don['’]?t|doesn['’]?t|not|never)(?: really)? (?:likes?|loves?) (?:(?!but )[a-z ])*$", before[-40:]
    ):
        return True
    english, chinese = (_lexicon(language)["negations"] for language in ("en", "zh"))
    no = rf"(?<![a-z])(?:{_alternatives(english)})(?![a-z]| too )|(?:{_alternatives(chinese)})(?!太)"
    return bool(re.search(no, clause))


# ---- word lists ------------------------------------------------------------------------------------------------------


@cache
def _lexicon(language: str) -> dict[str, Any]:
    return tomllib.loads(files("app.shop").joinpath("words", f"{language}.toml").read_text(encoding="utf-8"))


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _left_out(language: str) -> frozenset[str]:
    return frozenset(_lexicon(language)["left_out"].split())


def _without_small_words(piece: str) -> str:
    """`piece` without words that say nothing; Chinese ones are cut off, the longest first. Empty where none is left."""
    if not re.match(r"[㐀-鿿]", piece):
        bare = piece.strip("'\"’‘“”-–—~&+/*\0").lower().replace("’", "'").removesuffix("'s")
        return "" if bare in _left_out("en") or not bare or re.fullmatch(r"'?s", bare) else piece
    small, kept = _left_out("zh"), frozenset(_lexicon("zh")["negations"])
    long = _alternatives({*(word for word in small if len(word) > 1), *kept})
    cut = _compiled(long).sub(lambda match: match[0] if match[0] in kept else " ", piece)
    parts = (part.strip("".join(word for word in small if len(word) == 1)) for part in cut.split())
    return " ".join(part for part in parts if part)


def _plain(sign: str) -> str:
    """One sign in lower case and half width, still one sign."""
    if sign in (_READ, _DEAD) or sign.isspace():
        return " "
    if 0xFF01 <= ord(sign) <= 0xFF5E:
        sign = chr(ord(sign) - 0xFEE0)
    small = {"¥": "¥", "£": "£", "’": "'"}.get(sign, sign).lower()
    return small if len(small) == 1 else sign
