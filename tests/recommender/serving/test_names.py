from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.serving.names import clash, is_inside

PARTS = st.sampled_from(["a", "B", "..", ".", "", "C:", "\\", "/", "é", "e\u0301", "\0", "\ud800", " ", "a.", "~"])
NAMES = st.one_of(
    st.text(max_size=12), st.lists(PARTS, max_size=5).map("/".join), st.lists(PARTS, max_size=5).map("".join)
)


@pytest.mark.parametrize("name", ["table.npy", "pictures/火车 1.svg", "a/b/c.d", "~", "...a", "manifest.json"])
def test_plain_names_are_taken(name: str) -> None:
    assert is_inside(name)


@pytest.mark.parametrize(
    "name",
    ["", "/", "/etc/passwd", "..", "../a", "a/../b", "a/..", ".", "./a", "a//b", "a/", "a ", "a.", "dir./a"],
)
def test_names_that_leave_the_folder_are_not(name: str) -> None:
    assert not is_inside(name)


@pytest.mark.parametrize(
    "name",
    ["a\\b", "\\\\host\\a", "C:a", "a?", "a*", "a\0", "a\nb", "a\u202eb", "\ud800", "x" * 256, "é" * 128],
    ids=ascii,
)
def test_names_that_mean_something_elsewhere_or_cannot_be_written_are_not(name: str) -> None:
    assert not is_inside(name)


@given(NAMES)
def test_what_is_taken_stays_inside_on_both_kinds_of_system(name: str) -> None:
    if not is_inside(name):
        return
    folder = Path("/bundles/one")
    assert (folder / name).is_relative_to(folder)
    assert ".." not in (folder / name).parts
    windows = PureWindowsPath("C:/bundles/one") / name
    assert windows.is_relative_to("C:/bundles/one")
    assert len(windows.parts) == 3 + len(name.split("/"))
    name.encode()


@pytest.mark.parametrize(
    ("names", "two"),
    [
        (["a", "b", "c/a"], None),
        (["a", "b", "a"], ("a", "a")),
        (["Table.npy", "b", "table.NPY"], ("Table.npy", "table.NPY")),
        (["straße", "STRASSE"], ("straße", "STRASSE")),
        (["\u00e9", "e\u0301"], ("\u00e9", "e\u0301")),
        (["a", "a.b", "A/b/c"], ("a", "A/b/c")),
        (["A/b/c", "a"], ("a", "A/b/c")),
    ],
)
def test_two_names_that_are_one_file_somewhere_are_found(names: list[str], two: tuple[str, str] | None) -> None:
    assert clash(names) == two
