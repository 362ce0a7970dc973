"""What lies in a page's folder."""

from __future__ import annotations

from typing import Final

from recommender.serving.bundle import MOBILE

SITE_FILES: Final = ("index.html", "page.css", "page.js", "ranker.js")
FACTS: Final = "page.json"
WITHHELD: Final = "withheld.json"
PICTURES: Final = "pictures"
RUNTIME: Final = "ort"
PAGE_NAMES: Final = frozenset({*SITE_FILES, MOBILE, FACTS, WITHHELD, PICTURES, RUNTIME})
