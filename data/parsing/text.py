"""Plain text of a shop: entities decoded, blanks made one, damage by wrong encodings found but never "fixed"."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# What the bytes 0x80–0xBF look like when they are read as Windows-1252, or as Latin-1 where that has no character.
_TRAILS = "".join(bytes([byte]).decode("cp1252", errors="ignore") + chr(byte) for byte in range(0x80, 0xC0))
_TRAIL = f"[{re.escape(_TRAILS)}]"
_MISREAD = re.compile(f"[\u00c2-\u00d4]{_TRAIL}|[\u00e0-\u00ef]{_TRAIL}{{2}}|[\u00f0-\u00f4]{_TRAIL}{{3}}")
_LOST: Final = ("\ufffd", "锟斤拷")  # the replacement character, and how GBK shows it
# Blocks that a shop's text is written in: a misreading must lead into one of them, so that 'Spaß”' is none.
_BLOCKS: Final = (
    (0x00A0, 0x052F),  # Latin, Greek, Cyrillic
    (0x2000, 0x27BF),  # punctuation, currencies, letterlike, arrows, dingbats
    (0x3000, 0x9FFF),  # Chinese, Japanese
    (0xAC00, 0xD7A3),  # Korean
    (0xFE00, 0xFFEF),  # full width
    (0x1F000, 0x1FAFF),  # emoji
)


def clean_text(text: str) -> str:
    """`text` in composed form (NFC), HTML entities decoded once, control characters dropped, every run of blanks one
    space, none at the ends."""
    if text.isascii() and "&" not in text and not _CONTROLS.search(text):
        return " ".join(text.split())  # most of a catalogue, three times as fast
    return " ".join(_CONTROLS.sub(" ", unicodedata.normalize("NFC", html.unescape(text))).split())


def fold(text: str) -> str:
    """`text` as parsers compare it: cleaned, full-width forms narrowed (NFKC), lower case."""
    return " ".join(unicodedata.normalize("NFKC", clean_text(text)).casefold().split())


def mojibake(text: str) -> str | None:
    """The first place that was decoded with a wrong encoding (such as `Ã©` for é, or U+FFFD); None if there is none.

    It is evidence to report, not to act on: what was meant cannot be known for certain.
    """
    if text.isascii():
        return None
    for lost in _LOST:
        if lost in text:
            return lost
    for match in _MISREAD.finditer(text):
        meant = _as_bytes(match[0]).decode("utf-8", errors="replace")
        if any(low <= ord(meant[0]) <= high for low, high in _BLOCKS):
            return match[0]
    return None


def _as_bytes(text: str) -> bytes:
    return b"".join(bytes([ord(char)]) if ord(char) < 0x100 else char.encode("cp1252") for char in text)
