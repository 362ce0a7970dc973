"""For me: toys for the visitor, from what the visitor likes; never mixed with what was said of a child."""

from __future__ import annotations

from app.shop.pages import finder
from app.shop.session import Who
from app.shop.visit import Shop


def render(shop: Shop) -> None:
    """Questions to the visitor, and the shelf that follows them."""
    finder.render(shop, Who.ME)
