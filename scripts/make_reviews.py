"""Write made-up reviews and metadata in Amazon's layout of 2023, as large as asked: what `docs/data.md` measures with.

    python scripts/make_reviews.py FOLDER --reviews 16000000 --toys 900000

Shoppers come in the order of time and meet some toys far more often than others, as in a real file; titles, texts and
brands are made of words, so that a file packs about as well as a real one.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

WORDS = """
    wooden train dinosaur puzzle plush magnetic building blocks doll castle marble run remote car paint set board game
    kite drum farm animal rocket robot slime craft bead kitchen tea party water table sand bucket scooter balloon
    great gift loved it my son daughter played with every day broke after a week sturdy bright small for the price
    """.split()  # noqa: SIM905 (it reads better as words)
AGES = ("3 years and up", "36 months - 8 years", "6 - 12 years", "18 months and up", "14 years and up", "")
BATCH = 100_000
START, END = 1_262_304_000_000, 1_693_526_400_000  # 2010 to September 2023, ms


def toys(count: int, seed: int) -> Iterator[str]:
    """A line of metadata for each toy."""
    rng = np.random.default_rng((seed, 1))
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        words = rng.integers(0, len(WORDS), (size, 40))
        prices = np.round(np.exp(rng.normal(3, 0.7, size)), 2)
        kinds = rng.integers(0, 400, size)
        for i in range(size):
            text = [WORDS[w] for w in words[i]]
            details = {"Manufacturer recommended age": age} if (age := AGES[words[i, 0] % len(AGES)]) else {}
            yield json.dumps(
                {
                    "main_category": "Toys & Games",
                    "title": " ".join(text[:8]).title() + f" {start + i}",
                    "features": [" ".join(text[8:20])],
                    "description": [" ".join(text[20:])],
                    "price": float(prices[i]) if kinds[i] % 3 else None,
                    "store": f"Maker {kinds[i] % 97}",
                    "categories": ["Toys & Games", f"Aisle {kinds[i] % 20}", f"Kind {kinds[i]}"],
                    "details": details,
                    "parent_asin": f"B{start + i:09d}",
                }
            )


def reviews(count: int, toys: int, seed: int) -> Iterator[str]:
    """A line for each review; every shopper writes eight or so."""
    rng = np.random.default_rng((seed, 2))
    shoppers = max(1, count // 8)
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        toy = (toys * rng.random(size) ** 2.5).astype(np.int64)
        shopper = rng.integers(0, shoppers, size)
        time = START + ((start + np.arange(size)) / count * (END - START)).astype(np.int64)
        rating = rng.choice([1, 2, 3, 4, 5], size, p=[0.07, 0.05, 0.08, 0.15, 0.65])
        words = rng.integers(0, len(WORDS), (size, 14))
        for i in range(size):
            text = " ".join([WORDS[w] for w in words[i]])
            asin = f"B{toy[i]:09d}"
            yield (
                f'{{"rating": {rating[i]}.0, "title": "{text[:20]}", "text": "{text}", "images": [], "asin": "{asin}", '
                f'"parent_asin": "{asin}", "user_id": "AE{shopper[i]:010d}", "timestamp": {time[i]}, '
                f'"helpful_vote": 0, "verified_purchase": true}}'
            )


def write(file: Path, lines: Iterator[str]) -> None:
    """Write lines, packed."""
    with gzip.open(file, "wt", compresslevel=1, encoding="utf-8") as stream:
        stream.writelines(f"{line}\n" for line in lines)
    print(f"{file}: {file.stat().st_size / 1e6:,.0f} MB")


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--reviews", type=int, default=16_000_000)
    parser.add_argument("--toys", type=int, default=900_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    write(options.folder / "meta.jsonl.gz", toys(options.toys, options.seed))
    write(options.folder / "reviews.jsonl.gz", reviews(options.reviews, options.toys, options.seed))


if __name__ == "__main__":
    main()
