"""Which names the files of a bundle may have: on every system inside its folder, and each a file of its own."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

MAX_NAME_BYTES: Final = 255
_ELSEWHERE: Final = frozenset('\\:*?"<>|')
"""What separates folders, names a drive or is forbidden on another system than this one."""


def is_inside(name: str) -> bool:
    """Whether `name` is a relative path with slashes that stays inside its folder and can be written everywhere."""
    if not name.isprintable() or _ELSEWHERE & set(name) or len(name.encode()) > MAX_NAME_BYTES:
        return False
    return all(part and not part.endswith((".", " ")) for part in name.split("/"))


def clash(names: Iterable[str]) -> tuple[str, str] | None:
    """Two of `names` that cannot lie side by side, or None.

    They are equal, differ only in case or in how a letter is composed, or one is a folder on the way to the other.
    """
    files: dict[str, str] = {}
    for name in names:
        folded = _folded(name)
        if folded in files:
            return files[folded], name
        files[folded] = name
    for folded, name in files.items():
        above = folded
        while "/" in above:
            above = above.rpartition("/")[0]
            if above in files:
                return files[above], name
    return None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
