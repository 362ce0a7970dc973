"""A page that needs no kiosk: one folder of plain files that any web server can hand out.

The browser ranks by itself, with `student-mobile.onnx` under onnxruntime-web (WebAssembly, one thread). What may be
shown is decided before that, as everywhere: `page.json` says from which age to which a toy may be shown, and
`withheld.json`, a list of toy ids that the shop keeps up to date, takes away what is recalled, sold out or hidden.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from app.page.names import FACTS, PICTURES, RUNTIME, SITE_FILES, WITHHELD
from data.atomic import atomic_folder
from data.errors import BundleError, parameter_error
from data.schema import ADULT_MONTHS, SMALLEST_MONTHS
from recommender.serving.bundle import MOBILE
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle
from recommender.serving.policy.mask import Situation, allowed_mask
from recommender.serving.policy.safety import company
from recommender.serving.policy.shelf import NO_UPPER_AGE

RUNTIME_FILES: Final = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
"""Of onnxruntime-web's `dist`: all that one thread of WebAssembly needs, and no more."""


@dataclass(frozen=True, slots=True)
class PageSizes:
    """Bytes of a page's parts: the model, onnxruntime-web, the toys with their pictures, and the page itself."""

    model: int
    runtime: int
    toys: int
    site: int


def write_page(bundle: Path, runtime: Path, out: Path) -> PageSizes:
    """Write the page of `bundle` to `out`, whole or not at all.

    runtime: the folder `dist` of npm's package onnxruntime-web.
    Raises ToyGuideError if it is not that, BundleError if the bundle is not whole or holds no `student-mobile.onnx`.
    """
    if missing := [name for name in RUNTIME_FILES if not (runtime / name).is_file()]:
        raise parameter_error(
            "runtime", "page", f"the folder 'dist' of npm's onnxruntime-web, with {missing[0]} in it", str(runtime)
        )
    engine = load_bundle(bundle)
    if MOBILE not in engine.manifest.files:
        raise BundleError(f"The bundle in {bundle} holds no {MOBILE}. Build it again with this version.")
    facts = page_facts(engine)
    with atomic_folder(out) as temporary:
        shutil.copyfile(bundle / MOBILE, temporary / MOBILE)
        for name in SITE_FILES:
            (temporary / name).write_bytes(files("app.page").joinpath("site", name).read_bytes())
        (temporary / RUNTIME).mkdir()
        for name in RUNTIME_FILES:
            shutil.copyfile(runtime / name, temporary / RUNTIME / name)
        (temporary / FACTS).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        (temporary / WITHHELD).write_text("[]\n", encoding="utf-8")
        (temporary / PICTURES).mkdir()
        for place, toy in enumerate(engine.toys, start=1):
            if facts["toys"][place - 1]["from"] is not None and (picture := engine.picture(toy.id)):
                # As text, not as .svg: a page of its own under this address, opened by a link, could run a script.
                (temporary / PICTURES / f"{place}.txt").write_text(picture, encoding="utf-8")
        return PageSizes(
            model=_bytes(temporary / MOBILE),
            runtime=_bytes(temporary / RUNTIME),
            toys=_bytes(temporary / FACTS, temporary / WITHHELD, temporary / PICTURES),
            site=_bytes(*(temporary / name for name in SITE_FILES)),
        )


def page_facts(engine: Engine) -> dict[str, Any]:
    """What the page knows. A toy may be shown for a child whose age in months is ≥ `from` and < `until`.

    `from` is null for what no child may ever see; `until` is null where nothing ends.
    """
    shelf = engine.shelf
    for_children = allowed_mask(shelf, Situation(company(None, ADULT_MONTHS - 1, SMALLEST_MONTHS))).mask
    toys = []
    for place, toy in enumerate(engine.toys, start=1):
        until = int(shelf.outgrown_from[place])
        toys.append(
            {
                "id": toy.id,
                "title": toy.title,
                "title_zh": toy.title_zh,
                "price": None if toy.price is None else str(toy.price),
                "picture": toy.picture is not None,
                "from": int(shelf.safe_from[place]) if for_children[place] else None,
                "until": None if until >= NO_UPPER_AGE else until,
            }
        )
    return {
        "kind": "page",
        "model": engine.model,
        "max_history": engine.manifest.max_history,
        "currency": engine.manifest.currency,
        "toys": toys,
    }


def _bytes(*paths: Path) -> int:
    """Bytes of files, and of the files in folders."""
    return sum(
        file.stat().st_size
        for path in paths
        for file in (path.iterdir() if path.is_dir() else (path,))
        if file.is_file()
    )
