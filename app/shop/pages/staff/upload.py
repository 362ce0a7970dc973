"""A field for a list: a file, or the words of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app.shop.visit import Shop


@dataclass(frozen=True, slots=True)
class Pasted:
    """The two fields, by the keys of their widgets; counter: how many lists went through them."""

    file: str
    words: str
    counter: str

    def content(self) -> bytes:
        """What was given: the file where there is one. Empty for nothing."""
        uploaded = st.session_state.get(self.file)
        if uploaded is not None:
            return bytes(uploaded.getvalue())
        return str(st.session_state.get(self.words) or "").encode()

    def clear(self) -> None:
        """Both are empty again; a file can only be let go of with its whole field."""
        st.session_state[self.counter] = st.session_state.get(self.counter, 0) + 1


def field(shop: Shop, name: str, kinds: Sequence[str], example: str) -> Pasted:
    """Draw both; kinds: ends of names of files."""
    counter = f"staff-{name}-sent"
    sent = st.session_state.get(counter, 0)
    pasted = Pasted(f"staff-{name}-file-{sent}", f"staff-{name}-words-{sent}", counter)
    with st.container(key=f"staff-upload-{name}"):
        st.file_uploader(shop.t("staff.file"), type=list(kinds), key=pasted.file)
        st.text_area(shop.t("staff.or_paste"), key=pasted.words, placeholder=example, height=132)
    return pasted
