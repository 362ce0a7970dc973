"""The student as it ships: an ONNX graph and a toy table, run by ONNX Runtime, by default on one thread.

The graph's contract (history int32 [B, L], recipient float32 [B, P], table float32 [N + 1, d], allowed bool [B, N + 1],
k int64 [1] → toys, scores, query) is checked by `Student.open`, so that whatever comes later can rely on it. A graph
with a table of near toys has one output more, `near` float32 [B, N + 1]: score = query · table[toy] + near[toy]. One
whose score is a sum over the toys met has `parts` float32 [B, L, d] instead: toy i brought parts[i] · table[toy].
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import BundleError
from data.ids import ToyIndex
from data.schema import KIND_CODES, REFUSED_KINDS, Recipient
from recommender.base import QueryBatch, Recommender
from recommender.features import encode_recipients, profile_width
from recommender.serving.bundle import CATALOGUE, STUDENT, Manifest, verify_bundle
from recommender.serving.catalogue import read_catalogue
from recommender.serving.graph import check_graph
from recommender.serving.near import NearToys
from recommender.serving.runtime import InvalidArgument, ort
from recommender.serving.sums import as_read
from recommender.serving.table import read_table

REFUSED_CODES: Final = frozenset(KIND_CODES[kind] for kind in REFUSED_KINDS)
INPUTS: Final = {
    "history": "tensor(int32)",
    "recipient": "tensor(float)",
    "table": "tensor(float)",
    "allowed": "tensor(bool)",
    "k": "tensor(int64)",
}
OUTPUTS: Final = {"toys": "tensor(int32)", "scores": "tensor(float)", "query": "tensor(float)"}
NEAR: Final = {"near": "tensor(float)"}
PARTS: Final = {"parts": "tensor(float)"}
_QUERY_BATCH: Final = 256


def met_toys(toys: Iterable[int], kinds: Iterable[int]) -> list[int]:
    """The toys a student is fed: each once, at the place of its first contact; not those last refused; no padding.

    toys: indices, oldest first; kinds: codes of `KIND_CODES`.
    """
    last = dict(zip(toys, kinds, strict=True))  # keeps the first place of a key and its last value
    return [toy for toy, kind in last.items() if toy and kind not in REFUSED_CODES]


def pad_histories(histories: Sequence[Sequence[int]], max_history: int) -> NDArray[np.int32]:
    """int32 [B, L]: the newest `max_history` toys of each, from column 0, oldest first; L ≥ 1."""
    width = max([1, *(min(len(history), max_history) for history in histories)])
    padded = np.zeros((len(histories), width), np.int32)
    for row, history in enumerate(histories):
        newest = history[-max_history:]
        padded[row, : len(newest)] = newest
    return padded


def open_graph(graph: Path | bytes, name: str, threads: int = 1) -> ort.InferenceSession:
    """A session of `threads` threads for a file or the bytes of a graph; `name` is what an error calls it.

    Raises BundleError if it is no graph or leans on further files, or ONNX Runtime cannot load it, with its reason.
    """
    source = graph if isinstance(graph, bytes) else graph.read_bytes()
    check_graph(source, name)  # these bytes, not the file: it may be another one a moment later
    try:
        return ort.InferenceSession(source, sess_options=session_options(threads), providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has no common class for what it finds wrong in a file
        raise BundleError(
            f"{name} cannot be run by ONNX Runtime {ort.__version__}: {_reason(error)}. Build it again with this "
            "version of toyguide, or update onnxruntime."
        ) from error


def session_options(threads: int = 1) -> ort.SessionOptions:
    """How this project runs graphs."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.load_model_format", "ONNX")  # it has a second format, and would guess
    return options


def _reason(error: Exception) -> str:
    """What ONNX Runtime found, on one line, in our own words where it is an opset of the future."""
    words = " ".join(str(error).split())
    if found := re.search(r"Opset (\d+) is under development.* till opset (\d+)", words):
        return f"it needs opset {found[1]}, and this runtime knows opsets up to {found[2]}"
    return words.rstrip(".")


class Student:
    """The graph with its table.

    table: float32 [N + 1, d], dequantised once, row 0 zeros; interests: the profile's interest columns
    sums: whether a score is a sum over the toys met, so that `brought` can be asked
    near: the toys beside each toy, where the graph has such; to explain scores by, which hold them already
    readable: a history may name toys below this; all, but for graphs whose table of near toys ends where it was built
    """

    def __init__(
        self, session: ort.InferenceSession, table: NDArray[np.float32], interests: Sequence[str], max_history: int
    ) -> None:
        self.table = table
        self.interests = tuple(interests)
        self.max_history = max_history
        self._session = session
        outputs = {node.name for node in session.get_outputs()}
        self.has_near = outputs >= NEAR.keys()
        self.near: NearToys | None = None
        self.sums = outputs >= PARTS.keys()
        self.readable = len(table)

    @classmethod
    def open(cls, folder: Path, manifest: Manifest, threads: int = 1) -> Student:
        """The student of a bundle whose files were verified. Raises BundleError if graph and table do not fit."""
        table = read_table(folder, manifest)
        session = open_graph(folder / STUDENT, str(folder / STUDENT), threads)
        outputs = {node.name: node.type for node in session.get_outputs()}
        for kind, wanted, got in (
            ("inputs", INPUTS, {node.name: node.type for node in session.get_inputs()}),
            ("outputs", OUTPUTS | {name: kind for name, kind in (NEAR | PARTS).items() if name in outputs}, outputs),
        ):
            if got != wanted:
                raise BundleError(f"{folder / STUDENT}: its {kind} must be {wanted}. Got {got}.")
        student = cls(session, table, manifest.interests, manifest.max_history)
        if student.has_near:
            student.near = NearToys.read((folder / STUDENT).read_bytes())
        return student

    def with_rows(self, vectors: NDArray[np.float32]) -> Student:
        """The same graph over a table with `vectors`, float32 [M, d], behind its rows.

        Both students read the longer table from then on, so that a kiosk holds one.
        """
        longer = Student(self._session, np.concatenate([self.table, vectors]), self.interests, self.max_history)
        longer.near = self.near
        if not longer._reads_its_last_toy():
            longer.readable = self.readable
        self.table = longer.table[: len(self.table)]
        return longer

    def _reads_its_last_toy(self) -> bool:
        """Whether the graph takes a history with the last toy of the table; one with near toys of old may not."""
        feed = {
            "history": np.array([[len(self.table) - 1]], np.int32),
            "recipient": self.profiles([None]),
            "table": self.table,
            "allowed": np.zeros((1, len(self.table)), np.bool_),
            "k": np.ones(1, np.int64),
        }
        quiet = ort.RunOptions()
        quiet.log_severity_level = 4
        try:
            self._session.run(list(OUTPUTS), feed, quiet)
        except InvalidArgument:
            return False
        return True

    def rank(
        self, histories: NDArray[np.int32], profiles: NDArray[np.float32], allowed: NDArray[np.bool_], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
        """The best k allowed toys of each row: (toys int32 [B, min(k, N + 1)] with −1 at the end, scores, query).

        histories: int32 [B, L] of `pad_histories`; profiles: float32 [B, P]; allowed: bool [B, N + 1].
        """
        feed = {
            "history": histories,
            "recipient": profiles,
            "table": self.table,
            "allowed": allowed,
            "k": np.array([k], np.int64),
        }
        toys, scores, query = self._session.run(list(OUTPUTS), feed)
        return toys, scores, query

    def scores(
        self,
        histories: NDArray[np.int32],
        profiles: NDArray[np.float32],
        places: NDArray[np.int64] | slice = slice(None),
    ) -> NDArray[np.float32]:
        """float32 [B, K]: the scores of the toys `places` int64 [K], by default of all and of padding too."""
        scores: NDArray[np.float32] = self.queries(histories, profiles) @ self.table[places].T
        if self.has_near:
            scores += self._near(histories, profiles)[:, places]
        return scores

    def _near(self, histories: NDArray[np.int32], profiles: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = []
        for start in range(0, len(histories), _QUERY_BATCH):
            rows = slice(start, start + _QUERY_BATCH)
            feed = {
                "history": histories[rows],
                "recipient": profiles[rows],
                "table": self.table,
                "allowed": np.zeros((len(histories[rows]), len(self.table)), np.bool_),
                "k": np.ones(1, np.int64),
            }
            parts.append(self._session.run(list(NEAR), feed)[0])
        return np.concatenate(parts) if parts else np.zeros((0, len(self.table)), np.float32)

    def queries(self, histories: NDArray[np.int32], profiles: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [B, d]: what the shopper tower says, without ranking; score = query · table[toy], and what is near.

        ONNX Runtime runs the whole graph even where one output is asked for. So the graph is given a table of the
        histories' own toys alone: ranking those costs nothing, and the query does not know the difference.
        """
        return self._told_of_few("query", histories, profiles)

    def brought(
        self, histories: NDArray[np.int32], profiles: NDArray[np.float32], places: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """float32 [B, L, K]: what each toy of a history brought to the scores of the toys `places` int64 [K].

        The rest of a score is what is said to anybody, and whom the toy is for. Only of a student that `sums`.
        """
        found: NDArray[np.float32] = self._told_of_few("parts", histories, profiles) @ self.table[places].T
        return found

    def _told_of_few(
        self, output: str, histories: NDArray[np.int32], profiles: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """An output of the graph that only the histories' own toys matter for."""
        parts = []
        for start in range(0, len(histories), _QUERY_BATCH):
            rows = slice(start, start + _QUERY_BATCH)
            used, places = np.unique(histories[rows], return_inverse=True)
            if used[0] != 0:  # row 0 stays padding
                used, places = np.concatenate([[0], used]), places + 1
            feed = {
                "history": places.reshape(histories[rows].shape).astype(np.int32),
                "recipient": profiles[rows],
                "table": self.table[used],
                "allowed": np.zeros((len(histories[rows]), len(used)), np.bool_),
                "k": np.ones(1, np.int64),
            }
            parts.append(self._session.run([output], feed)[0])
        return np.concatenate(parts) if parts else np.zeros((0, self.table.shape[1]), np.float32)

    def profiles(self, recipients: Sequence[Recipient | None]) -> NDArray[np.float32]:
        """float32 [B, P]: recipients as the student was taught to read them, budgets as the nearest round sum."""
        return encode_recipients([as_read(recipient) for recipient in recipients], self.interests)

    def smoke_test(self) -> None:
        """Rank once for a stranger and once after a toy; raise BundleError if an answer breaks the graph's contract."""
        rows = len(self.table)
        allowed = np.ones((2, rows), np.bool_)
        allowed[:, 0] = False
        allowed[1, 2:] = False  # only toy 1 is left for the second
        histories = np.array([[0], [min(1, rows - 1)]], np.int32)
        profiles = np.zeros((2, profile_width(len(self.interests))), np.float32)
        try:
            toys, scores, query = self.rank(histories, profiles, allowed, 3)
            alone = self.queries(histories, profiles)
            every = self.scores(histories, profiles)
        except Exception as error:  # as above
            raise BundleError(f"The smoke ranking failed: {error}.") from error
        k = min(3, rows)
        if toys.shape != (2, k) or scores.shape != (2, k) or query.shape != (2, self.table.shape[1]):
            raise BundleError(
                f"The smoke ranking gave arrays of shapes {toys.shape}, {scores.shape}, {query.shape}; "
                f"must be {(2, k)}, {(2, k)}, {(2, self.table.shape[1])}."
            )
        if not np.isfinite(query).all():
            raise BundleError("The smoke ranking gave a query that is not finite.")
        if not np.allclose(query, alone, rtol=1e-3, atol=1e-3):
            raise BundleError("The smoke ranking's query hangs on toys outside the history.")
        for row in range(2):
            found = toys[row][toys[row] > 0]
            if len(found) != min(k, int(allowed[row].sum())) or not allowed[row][found].all():
                raise BundleError(f"The smoke ranking gave toys {toys[row].tolist()}, which breaks its mask.")
            exact = every[row][found]
            if not np.allclose(scores[row][: len(found)], exact, rtol=1e-3, atol=1e-3):
                raise BundleError("The smoke ranking gave scores that are not query · table, and what is near.")


class OnnxStudent(Recommender):
    """The student exactly as it ships, judged as any other recommender."""

    def __init__(self, student: Student, index: ToyIndex, name: str = "student (ONNX)") -> None:
        self.name = name
        self.index = index
        self._student = student

    @classmethod
    def from_bundle(cls, folder: Path, name: str | None = None) -> OnnxStudent:
        """The student of the bundle in `folder`. Raises BundleError if it is not whole."""
        manifest = verify_bundle(folder)
        toys = read_catalogue(folder / CATALOGUE, whole=False)
        name = name or f"student (ONNX, int{manifest.table_bits} table)"
        return cls(Student.open(folder, manifest), ToyIndex([toy.id for toy in toys]), name)

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        met = [met_toys(toys, kinds) for toys, kinds in zip(batch.toys.tolist(), batch.kinds.tolist(), strict=True)]
        histories = pad_histories(met, self._student.max_history)
        return self._student.scores(histories, self._student.profiles(batch.recipients))[:, 1:]
