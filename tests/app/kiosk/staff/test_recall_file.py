"""Whatever is sent as a recall list is either read to the last line or refused with a sentence."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from app.kiosk.problems import ProblemError
from app.kiosk.staff.models import RecallLine
from app.kiosk.staff.recall_file import read_recalls

CELL = (
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30)
    .map(str.strip)
    .filter(bool)
)


def attempt(text: bytes) -> tuple[list[RecallLine], str]:
    try:
        return read_recalls(text), ""
    except ProblemError as error:
        return [], error.detail


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda tail: b"toy_id,barcode\n" + tail))
def test_any_bytes(text: bytes) -> None:
    lines, refused = attempt(text)
    assert lines or (refused.startswith("The recall list ") and refused.endswith("."))


@given(st.lists(st.tuples(CELL, CELL | st.just("")), min_size=1, max_size=20))
def test_what_was_written_is_read(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("toy_id", "reason"), *rows])
    found = read_recalls(text.getvalue().encode())
    assert [(line.toy_id, line.reason or "") for line in found] == rows
