"""What stands on the shelves of these tests: six kinds of toys in four colours, and one that is an attack."""

from __future__ import annotations

from decimal import Decimal

from data.schema import Audience, Hazard, Toy, ages_from_maker

EVIL = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\"> **Evil** :red[car]"
EVIL_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="document.title=\'taken\'">'
    '<script>document.title=\'taken\'</script><circle cx="4" cy="4" r="4"/></svg>'
)
KINDS = (
    ("engine", "Steam engine", "蒸汽火车头", ("Trains",), 36, (), ("trains",)),
    ("track", "Wooden track", "木轨道", ("Trains",), 36, (), ("trains",)),
    ("blocks", "Building blocks", "积木", ("Building",), 12, (), ("building",)),
    ("bear", "Sleepy bear", "瞌睡熊", ("Soft toys",), 0, (), ("animals",)),
    ("drum", "Little drum", "小鼓", ("Music",), 24, (), ("music",)),
    ("marbles", "Bag of marbles", "弹珠", ("Games",), 36, (Hazard.MARBLE,), ("games",)),
)
LOOKS = (("Red", "红色"), ("Blue", "蓝色"), ("Green", "绿色"), ("Yellow", "黄色"))


def toys() -> list[Toy]:
    """Six kinds in four colours, and one whose words and picture are an attack."""
    shelf = [
        Toy(
            id=f"{kind}-{look.lower()}",
            title=f"{look} {title.lower()}",
            title_zh=f"{look_zh}{title_zh}",
            category=category,
            price=Decimal("9.50") + 4 * row,
            currency="GBP",
            recommended_age=age,
            recommended_age_to=age + 60,
            safety_min_age=ages_from_maker(age, hazards)[1],
            hazards=hazards,
            audience=Audience.CHILD,
            interests=interests,
            picture='<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4"/></svg>',
        )
        for row, (look, look_zh) in enumerate(LOOKS)
        for kind, title, title_zh, category, age, hazards, interests in KINDS
    ]
    evil = Toy(
        id="evil", title=EVIL, title_zh=EVIL, description=EVIL, brand=EVIL, category=("Music",), price=Decimal("1.00"),
        currency="GBP", recommended_age=0, safety_min_age=0, audience=Audience.CHILD, interests=("music",),
        picture=EVIL_PICTURE,
    )  # fmt: skip
    return [*shelf, evil]
