"""A visitor's hands and eyes under Streamlit's AppTest: pages are opened, tapped and read."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

EVIL = "<script>document.title='taken'</script>"


def page(home: str) -> None:
    """The shop's script, begun on one of its pages; AppTest takes its text, so all that it needs is in it."""
    from app.shop.site import run

    run(home)


def opened(home: str = "gift", visit: Any = None, **query: str) -> AppTest:
    """A new tab on a page, with what stands in its address; visit: the one it belongs to, by default a new one."""
    shop = AppTest.from_function(page, kwargs={"home": home}, default_timeout=60)
    for name, value in query.items():
        shop.query_params[name] = value
    if visit is not None:
        shop.session_state["visit"] = visit
    return healthy(shop.run())


def healthy(shop: AppTest) -> AppTest:
    assert not shop.exception, shop.exception
    return shop


def tap(shop: AppTest, key: str) -> AppTest:
    return healthy(shop.button(key=key).click().run())


def say(shop: AppTest, sentence: str) -> AppTest:
    shop.text_input[0].set_value(sentence)
    return tap(shop, "words-go")


def understood(shop: AppTest) -> list[str]:
    """What the page made of the sentence."""
    return [button.label for button in shop.button if str(button.key).startswith("understood-")]


def pills(shop: AppTest, name: str) -> Any:
    return next(group for group in shop.get("button_group") if group.key.startswith(f"{name}-"))


def choose(shop: AppTest, name: str, value: Any) -> AppTest:
    return healthy(pills(shop, name).set_value(value).run())


def words(shop: AppTest) -> str:
    """All that the page says in its own HTML."""
    return "\n".join(element.proto.body for element in shop.get("html"))


def buttons(shop: AppTest) -> set[str]:
    """The keys of all buttons."""
    return {str(button.key) for button in shop.button}


def cards(shop: AppTest, area: str = "list") -> list[str]:
    """Ids of the toys on the shelf, in order."""
    prefix = f"like-{area}-"
    return [button.key.removeprefix(prefix) for button in shop.button if str(button.key).startswith(prefix)]


def state(shop: AppTest) -> Any:
    """The visit."""
    return shop.session_state["visit"]
