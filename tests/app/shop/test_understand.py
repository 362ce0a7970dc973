"""What sentences say: golden ones in both languages, and any text at all."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shop.numerals import number
from app.shop.understand import MAX_TEXT, MOST, OLDEST_MONTHS, understand
from data.world.words import INTERESTS

SHOP = tuple(INTERESTS)

# sentence → (months, months of a younger child, interests, budget); rest and doubts where they matter
ENGLISH: list[tuple[str, tuple[int | None, int | None, str, int | None]]] = [
    ("dinosaur puzzle for a 4-year-old under 20", (48, None, "dinosaurs puzzles", 20)),
    ("something for my niece (18 months), she loves music, max £15", (18, None, "music", 15)),
    ("Lego for a teenager", (156, None, "building", None)),
    ("trains for a four year old", (48, None, "trains", None)),
    ("plush bear for a newborn", (0, None, "soft toys", None)),
    ("for 4 and 7 year olds", (48, None, "", None)),
    ("a 4-year-old and a 7-year-old", (48, None, "", None)),
    ("3-5 years", (36, None, "", None)),
    ("a toy for a 3 to 5 year old who likes animals", (36, None, "animals", None)),
    ("ages 6-8, science, between 10 and 20", (72, None, "science", 20)),
    ("robot for a first grader less than £30", (72, None, "robots", 30)),
    ("puzzle under 4 pounds", (None, None, "puzzles", 4)),
    ("puzzle under 4", (36, None, "puzzles", None)),
    ("under £4 for a 4 year old", (48, None, "", 4)),
    ("4 year old, under 15", (48, None, "", 15)),
    ("between £10 and £20", (None, None, "", 20)),
    ("£10-£20 craft kit", (None, None, "crafts", 20)),
    ("no more than £12.99", (None, None, "", 12)),
    ("my nephew is 6 and loves space", (72, None, "space", None)),
    ("something for a 7-year-old with a baby sister", (84, 0, "", None)),
    ("gift for a 5 year old with a little brother aged 1", (60, 12, "", None)),
    ("budget 25, boy 8", (96, None, "", 25)),
    ("nearly 3, cars", (24, None, "vehicles", None)),
    ("2½ years old, cars and trucks", (30, None, "vehicles", None)),
    ("two and a half years old", (30, None, "", None)),
    ("6 months to 2 years", (6, None, "", None)),
    ("2 years and 3 months", (27, None, "", None)),
    ("toddler who loves balls", (12, None, "sports", None)),
    ("preschooler art under 15", (36, None, "art", 15)),
    ("no dinosaurs, 5 years old", (60, None, "", None)),
    ("he doesn't like trains but loves cars, 6", (72, None, "vehicles", None)),
    ("wooden train set for my grandson, 3", (36, None, "trains", None)),
    ("my daughter's birthday is in 2 months, she is 4", (48, None, "", None)),
    ("100 piece puzzle for 6 year olds", (72, None, "puzzles", None)),
    ("over £20 for a 9 year old", (108, None, "", None)),
    ("4yo boy cars", (48, None, "vehicles", None)),
    ("baby doll for a 4-year-old", (48, None, "dolls", None)),
    ("something up to 20 for my 30-year-old husband", (360, None, "", 20)),
    ("STEM toy for 10+", (120, None, "science", None)),
    ("6 weeks old", (1, None, "", None)),
    ("first birthday music", (12, None, "music", None)),
    ("he'll be 4 next week", (36, None, "", None)),
    ("my twins are two", (24, None, "", None)),
    ("toys for under 3s", (24, None, "", None)),
    ("a robot that is not too expensive", (None, None, "robots", None)),
    ("7 year old girl who has a 1 year old sister", (84, 12, "", None)),
    ("Budget: £15. Age: 4. Likes: trains", (48, None, "trains", 15)),
    ("game for 2 players aged 8+", (96, None, "games", None)),
    ("3 year old and 18 month old", (18, None, "", None)),
    ("Ｌｅｇｏ for ５ year olds ＜3", (60, None, "building", None)),
    ("🦖 dinosaurs 🎁 4 years", (48, None, "dinosaurs", None)),
    ("a puzzle for my 4-year-old and something for the baby", (48, 0, "puzzles", None)),
    ("a wooden puzzle for my 4-year-old and something for the baby, under 30", (48, 0, "puzzles", 30)),
    ("trains for my 6 year old and books for a toddler", (72, 12, "trains books", None)),
    ("space for my 7-year-old and something for my teenager under £30", (84, None, "space", 30)),
    ("about 5", (60, None, "", None)),
    ("for a boy of about 5 who likes cars", (60, None, "vehicles", None)),
    ("she's around five, under 20", (60, None, "", 20)),
    ("he is about 3 and a half", (42, None, "", None)),
    ("~5, dinosaurs", (60, None, "dinosaurs", None)),
    ("5ish, dinosaurs", (60, None, "dinosaurs", None)),
    ("a present for Leo (about 7)", (84, None, "", None)),
    ("trains, about 25", (None, None, "trains", 25)),
    ("trains for a 4-year-old, about 15", (48, None, "trains", 15)),
    ("something for a toddler, around 15", (12, None, "", 15)),
    ("my baby, 8 months, loves music", (8, None, "music", None)),
    ("for the baby (6 months)", (6, None, "", None)),
    ("a baby doll for our 4-year-old, she is a preschooler", (48, None, "dolls", None)),
]
CHINESE: list[tuple[str, tuple[int | None, int | None, str, int | None]]] = [
    ("给三岁孩子的火车玩具", (36, None, "trains", None)),
    ("两个月宝宝 50元以内", (2, None, "", 50)),
    ("两岁半男孩喜欢恐龙", (30, None, "dinosaurs", None)),
    ("小学生 积木 100块以内", (72, None, "building", 100)),
    ("给4岁和7岁的孩子，拼图", (48, None, "puzzles", None)),
    ("3到5岁 画画 预算200", (36, None, "art", 200)),
    ("三四岁女孩 娃娃 不超过150元", (36, None, "dolls", 150)),
    ("一岁半的宝宝喜欢音乐", (18, None, "music", None)),
    ("半岁宝宝的玩具", (6, None, "", None)),
    ("十八个月 积木", (18, None, "building", None)),
    ("幼儿园孩子 桌游 50到100元", (36, None, "games", 100)),
    ("六岁男孩，家里还有一岁的妹妹，喜欢汽车", (72, 12, "vehicles", None)),
    ("不喜欢恐龙，喜欢机器人，8岁", (96, None, "robots", None)),
    ("乐高 初中生 五百元以内", (144, None, "building", 500)),
    ("3岁以下 毛绒玩具", (24, None, "soft toys", None)),
    ("5岁以上 科学实验", (60, None, "science", None)),
    ("20元以内", (None, None, "", 20)),
    ("二十块钱的小车", (None, None, "vehicles", 20)),
    ("生日礼物 5周岁", (60, None, "", None)),
    ("三岁两个月 拼图", (38, None, "puzzles", None)),
    ("快三岁了 火车", (24, None, "trains", None)),
    ("100元以上 机器人 9岁", (108, None, "robots", None)),
    ("给侄女挑生日礼物，十二岁，两百五十块左右", (144, None, "", 250)),
    ("100到200之间 男孩 10岁", (120, None, "", 200)),
    ("一百五左右 八岁", (96, None, "", 150)),
    ("不要太贵的机器人", (None, None, "robots", None)),
    ("家里有两个孩子，大的5岁，小的2岁", (24, None, "", None)),
    ("给刚出生的宝宝", (0, None, "", None)),
    ("二年级 男孩 太空", (84, None, "space", None)),
    ("２岁　火车", (24, None, "trains", None)),
    ("给四岁的女儿买拼图，再给宝宝挑一个", (48, 0, "puzzles", None)),
    ("六岁男孩和小宝宝，积木", (72, 0, "building", None)),
    ("5岁上下 积木", (60, None, "building", None)),
    ("大约5岁 火车", (60, None, "trains", None)),
    ("4岁宝宝喜欢火车", (48, None, "trains", None)),
    ("给宝宝买火车，4岁", (48, None, "trains", None)),
]


@pytest.mark.parametrize(("sentence", "meant"), [*ENGLISH, *CHINESE], ids=lambda value: str(value)[:40])
def test_golden_sentences(sentence: str, meant: tuple[Any, ...]) -> None:
    said = understand(sentence, SHOP, "CNY" if (sentence, meant) in CHINESE else "GBP")
    assert (said.age_months, said.younger_months, set(said.interests), said.budget) == (
        meant[0], meant[1], {name for name in SHOP if name in meant[2]}, meant[3],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "doubt"),
    [
        ("for 4 and 7 year olds", "two"),
        ("给4岁和7岁的孩子", "two"),
        ("puzzle under 4", "under"),
        ("a doll for a 200 year old", "age"),
        ("200岁", "age"),
        ("budget of 0", "zero"),
        ("预算0元", "zero"),
        ("up to £99999999", "sum"),
        ("something for €30", "currency"),
        ("under $40", "currency"),
        ("trains " * 100, "cut"),
    ],
)
def test_what_is_doubtful_is_said_and_no_answer_is_made_of_it(sentence: str, doubt: str) -> None:
    said = understand(sentence, SHOP, "GBP")
    assert doubt in said.doubts
    if doubt in ("age", "zero", "sum", "currency"):
        assert said.age_months is None
        assert said.budget is None
        assert any(sign.isdigit() for sign in said.rest), "what was left out is shown"


@pytest.mark.parametrize(
    ("sentence", "others"),
    [
        ("for 4 and 7 year olds", (84,)),
        ("a 4-year-old, a 7-year-old and a 10-year-old", (84, 120)),
        ("a puzzle for my 4-year-old and something for the baby", (0,)),
        ("a 7-year-old with a baby sister", (0,)),
        ("my 7-year-old and my teenager", (156,)),
        ("给4岁和7岁的孩子", (84,)),
        ("家里有两个孩子，大的5岁，小的2岁", (60,)),
        ("六岁男孩和小宝宝", (0,)),
        ("3-5 years", ()),
        ("trains for a 4-year-old under 20", ()),
        ("3到5岁", ()),
        ("something for the baby", ()),
    ],
)
def test_each_child_of_several_is_heard(sentence: str, others: tuple[int, ...]) -> None:
    assert understand(sentence, SHOP, "GBP").others == others


def test_a_sum_is_in_the_shops_currency_unless_it_says_another() -> None:
    assert understand("under $40", SHOP, "AUD").budget == 40
    assert understand("40块以内", SHOP, "GBP").budget == 40
    assert understand("¥40", SHOP, "JPY").currency == "JPY"
    assert understand("£40", SHOP, None).budget == 40


def test_only_interests_of_this_shop_are_found_by_its_own_names() -> None:
    assert understand("trains and puzzles", ("Puzzles",), None).interests == ("Puzzles",)
    assert understand("a wobbly yak", ("wobbly_yak",), None).interests == ("wobbly_yak",)
    assert understand("trains", (), None).rest == "trains"


def test_what_is_not_understood_is_the_rest() -> None:
    assert understand("wooden trains for a 3-year-old, please", SHOP, "GBP").rest == "wooden"
    assert understand("no dinosaurs", SHOP, "GBP").rest == "no dinosaurs"
    home = "a dinosaur puzzle for a 4 year old under £20, there is also a 1-year-old at home"
    assert understand(home, SHOP, "GBP").rest == ""
    assert understand("给五岁儿子和两岁女儿买礼物，一共60英镑", SHOP, "GBP").rest == ""
    assert understand("给三岁孩子的木头火车", SHOP, "CNY").rest == "木头"


@pytest.mark.parametrize("sentence", ["about 5", "he is about 3 and a half", "5岁上下", "approximately 6"])
def test_about_leaves_no_rest(sentence: str) -> None:
    assert understand(sentence, SHOP, "GBP").rest == ""


def test_spans_say_where_it_stands() -> None:
    sentence = "Lego for a 4-year-old"
    assert [(sentence[s.start : s.end], s.kind, s.value) for s in understand(sentence, SHOP, None).spans] == [
        ("Lego", "interest", "building"),
        ("4-year-old", "age", 48),
    ]


WORDS = """
4 7 0 200 18 £ $ € ¥ ½ 99999999999 1,000 - and to under over max between for years old months 岁 半
个月 两 三 十 百 万
元 以内 不
trains 恐龙 toddler 宝宝 baby sister with a ( ) , . ， 🦖 < \0 \1 \u0130 ﬁ 以下 turning birthday first no
"""
PIECES = st.sampled_from(WORDS.split())
ANY_TEXT = st.one_of(
    st.text(max_size=80), st.lists(PIECES, max_size=14).map(" ".join), st.lists(PIECES, max_size=14).map("".join)
)


@given(ANY_TEXT, st.sampled_from(["GBP", "CNY", None]))
def test_any_text_is_understood_within_bounds(sentence: str, currency: str | None) -> None:
    said = understand(sentence, SHOP, currency)
    assert said.age_months is None or 0 <= said.age_months <= OLDEST_MONTHS
    assert said.younger_months is None or 0 <= said.younger_months <= OLDEST_MONTHS
    assert said.age_months is None or said.younger_months is None or said.younger_months < said.age_months
    assert said.budget is None or 1 <= said.budget <= MOST
    assert all(0 <= other <= OLDEST_MONTHS for other in said.others)
    youngest = min((span.value for span in said.spans if span.kind in ("age", "younger")), default=None)
    counted = [age for age in (said.age_months, said.younger_months) if age is not None]
    assert youngest == min(counted, default=None), "whoever is youngest counts"
    assert set(said.interests) <= set(SHOP)
    assert "\0" not in said.rest
    ends = [(span.start, span.end) for span in said.spans]
    assert all(a < b for a, b in ends)
    assert all(left[1] <= right[0] for left, right in pairwise(ends)), "nothing is read twice"
    assert understand(sentence, SHOP, currency) == said


@given(st.integers(1, 17), st.integers(1, 17))
def test_a_range_and_two_children_never_lift_the_age(a: int, b: int) -> None:
    low, high = sorted((a, b))
    for sentence in (
        f"{low}-{high} years",
        f"for {low} and {high} year olds",
        f"{low}到{high}岁",
        f"{high}岁和{low}岁",
        f"for {high} and {low}",
    ):
        assert understand(sentence, SHOP, None).age_months == low * 12, sentence


@pytest.mark.parametrize("piece", ["£", "4 ", "一", "a ", "-", "and 4", "岁", "£4 to "])
def test_ten_thousand_characters(piece: str) -> None:
    said = understand((piece * 10_000)[:10_000], SHOP, "GBP")
    assert "cut" in said.doubts
    assert len(said.rest) <= MAX_TEXT


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("four", 4), ("twenty-five", 25), ("a hundred", 100), ("1,000", 1000), ("2½", 2.5), ("½", 0.5),
        ("one and a half", 1.5), ("两", 2), ("十八", 18), ("二十", 20), ("两百五十", 250),
        ("一百五", 150), ("一百零五", 105),
        ("一千", 1000), ("一万", 10_000),
        ("〇", 0),
    ],
)  # fmt: skip
def test_numerals(words: str, value: float) -> None:
    assert number(words) == value


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        number("plenty")
