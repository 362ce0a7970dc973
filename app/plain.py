"""Text that a terminal takes for nothing but text."""

from __future__ import annotations


def plain(text: str) -> str:
    """`text` on one line and without what a terminal would obey: other characters as escapes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
