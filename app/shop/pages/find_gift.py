"""Find a gift: toys for somebody else's child."""

from __future__ import annotations

from app.shop.pages import finder
from app.shop.session import Who
from app.shop.visit import Shop


def render(shop: Shop) -> None:
    """Questions about the child, and the shelf that follows them."""
    finder.render(shop, Who.GIFT)
