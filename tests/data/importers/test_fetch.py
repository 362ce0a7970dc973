from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import data.importers.fetch
from data.errors import DataError, ToyGuideError
from data.importers.fetch import COLLECTIONS

CONTENT = bytes(range(256)) * 4000  # about a megabyte
fetch_file = partial(data.importers.fetch.fetch_file, pause=0.0)


class Server(ThreadingHTTPServer):
    """A file server on a free port that misbehaves as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.etag = '"one"'
        self.ranges = True  # whether it heeds Range
        self.breaks: list[int] = []  # bytes after which each next connection ends
        self.refuses: list[int] = []  # statuses that the next requests get
        self.length = True
        self.asked: list[str | None] = []  # the Range of each request

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/toys.gz"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""

    def do_GET(self) -> None:
        server = self.server
        server.asked.append(self.headers.get("Range"))
        if server.refuses:
            self.send_error(server.refuses.pop(0))
            return
        content, start = server.content, 0
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if match and server.ranges and self.headers.get("If-Range", server.etag) == server.etag:
            start = int(match[1])
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("ETag", server.etag)
        if server.length:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = start + server.breaks.pop(0) if server.breaks else len(content)
        self.wfile.write(content[start:end])
        self.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield one
    one.shutdown()
    thread.join()
    one.server_close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sources" / "toys.gz"


def only(file: Path) -> bool:
    """Whether the file is whole and nothing lies beside it."""
    return file.read_bytes() == CONTENT and list(file.parent.iterdir()) == [file]


def test_a_file_comes_whole_with_its_checksum_and_is_not_fetched_twice(server: Server, file: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    fetched = fetch_file(server.address, file, on_progress=lambda done, total: seen.append((done, total)))
    assert only(file)
    assert (fetched.bytes, fetched.resumed_from) == (len(CONTENT), 0)
    assert fetched.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert (seen[0], seen[-1]) == ((0, len(CONTENT)), (len(CONTENT), len(CONTENT)))
    assert fetch_file(server.address, file, fetched.sha256.upper()).sha256 == fetched.sha256
    assert len(server.asked) == 1


def test_a_server_that_breaks_off_is_asked_for_the_rest(server: Server, file: Path) -> None:
    server.breaks = [300_000, 200_000, 1]
    fetch_file(server.address, file, tries=1)  # each connection brings something, so none counts as barren
    assert only(file)
    assert server.asked == [None, "bytes=300000-", "bytes=500000-", "bytes=500001-"]


def test_a_later_call_goes_on_where_the_first_gave_up(server: Server, file: Path) -> None:
    server.breaks = [400_000, 0, 0]
    with pytest.raises(DataError, match=r"broke off 2 times without a further byte .*400,000 bytes are kept"):
        fetch_file(server.address, file, tries=2)
    assert not file.exists()
    assert fetch_file(server.address, file).resumed_from == 400_000
    assert only(file)


def test_a_server_that_ignores_ranges_sends_it_all_again(server: Server, file: Path) -> None:
    server.ranges = False
    server.breaks = [300_000]
    fetch_file(server.address, file)
    assert only(file)
    assert server.asked == [None, "bytes=300000-"]


def test_a_file_that_changed_meanwhile_comes_whole(server: Server, file: Path) -> None:
    server.content = b"old" * 100_000
    server.breaks = [1000, 0, 0, 0, 0]
    with pytest.raises(DataError, match="broke off"):
        fetch_file(server.address, file, tries=1)
    server.breaks = []
    server.content, server.etag = CONTENT, '"two"'
    fetch_file(server.address, file)
    assert only(file)


@pytest.mark.parametrize("gap", ["_copy", "_digest"])
def test_one_that_is_killed_mixes_no_two_versions(
    server: Server, file: Path, monkeypatch: pytest.MonkeyPatch, gap: str
) -> None:
    """Between what it knows of a file that changed and its bytes; and between the last byte and the name."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    server.content = b"old" * 100_000
    if gap == "_copy":
        server.breaks = [1000, 0]
        with pytest.raises(DataError, match="broke off"):
            fetch_file(server.address, file, tries=1)
        server.breaks = []
        server.content, server.etag = CONTENT, '"two"'
    with monkeypatch.context() as patch:
        patch.setattr(data.importers.fetch, gap, killed)
        with pytest.raises(KeyboardInterrupt):
            fetch_file(server.address, file)
    server.content, server.etag = CONTENT, '"two"'
    fetch_file(server.address, file)
    assert only(file)


@pytest.mark.parametrize("have", [len(CONTENT), len(CONTENT) + 5])
def test_a_range_beyond_the_end(server: Server, file: Path, have: int) -> None:
    """416: what we have is the whole file, or it is of another one and is fetched anew."""
    file.parent.mkdir()
    file.with_name("toys.gz.part").write_bytes((CONTENT + b"extra")[:have])
    fetch_file(server.address, file)
    assert only(file)
    assert len(server.asked) == (1 if have == len(CONTENT) else 2)


def test_a_length_that_is_not_told(server: Server, file: Path) -> None:
    server.length = False
    fetch_file(server.address, file)
    assert only(file)


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_refusal_is_told_at_once(server: Server, file: Path, status: int) -> None:
    server.refuses = [status]
    with pytest.raises(DataError, match=rf"the server answered {status} .*--base"):
        fetch_file(server.address, file)
    assert len(server.asked) == 1
    assert list(file.parent.iterdir()) == []


def test_a_busy_server_is_asked_again(server: Server, file: Path) -> None:
    server.refuses = [500, 503]
    fetch_file(server.address, file)
    assert only(file)
    server.refuses = [500] * 5
    with pytest.raises(DataError, match=r"broke off 5 times .*answered 500"):
        fetch_file(server.address, file.with_name("other.gz"))


def test_a_wrong_checksum_leaves_nothing(server: Server, file: Path) -> None:
    with pytest.raises(DataError, match=r"must have the SHA-256 0000.* thrown away"):
        fetch_file(server.address, file, "0" * 64)
    assert list(file.parent.iterdir()) == []
    fetch_file(server.address, file)
    with pytest.raises(DataError, match="Delete it to fetch it again"):
        fetch_file(server.address, file, "0" * 64)
    assert only(file)


def test_nobody_listens(server: Server, file: Path) -> None:
    address = server.address
    server.server_close()
    with pytest.raises(DataError, match="broke off 2 times"):
        fetch_file(address, file, tries=2)


def test_other_schemes_are_refused(file: Path) -> None:
    for address in ("file:///etc/hosts", "ftp://127.0.0.1/x", ""):
        with pytest.raises(ToyGuideError, match="http or https"):
            fetch_file(address, file)


def test_a_folder_that_cannot_be_written_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    with pytest.raises(DataError, match="cannot be written"):
        fetch_file(server.address, tmp_path / "plain" / "toys.gz")


@pytest.mark.parametrize("name", COLLECTIONS)
def test_collections_lie_on_https_and_end_as_gzip(name: str) -> None:
    one = COLLECTIONS[name]
    assert re.fullmatch(r"https://[a-z.]+\.edu/.+/", one.base)
    assert one.reviews.endswith(".gz")
    assert "meta_Toys_and_Games" in one.metadata
