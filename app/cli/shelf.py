"""Where `toyguide retrain` publishes to. What may fail there is found before hours of training; what fails after them
anyway says how to publish by hand."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.console import tell
from data.errors import ToyGuideError, parameter_error

if TYPE_CHECKING:
    from recommender.serving.bundle import Manifest


@dataclass(frozen=True)
class Shelf:
    """A folder that kiosks look into. key: the private key that signs what is put there, if any does."""

    folder: Path
    key: Path | None = None

    def check(self, running: Path, out: Path) -> None:
        """See that what will come into `out` could be published in the place of the bundle `running`.

        Raises ToyGuideError where the key is none, the folder is not there, cannot be written, has too little room,
        or has another bundle in force. Says it on stderr where kiosks may want a signature.
        """
        from recommender.serving.bundle import verify_bundle
        from recommender.serving.keys import read_private
        from recommender.serving.publish import in_force

        if not self.folder.is_dir():
            raise parameter_error("--publish", "retrain", "a folder that is there", str(self.folder))
        if self.key is not None:
            read_private(self.key)
        runs = verify_bundle(running)
        self._check_room(runs)
        there = in_force(self.folder)
        if there not in (None, runs.model, _model_in(out)):
            raise ToyGuideError(
                f"In {self.folder} the model {str(there)[:12]} is in force, and {running} is {runs.model[:12]}. The "
                "new bundle would be judged against one and replace the other: give the one in force, or publish what "
                f"runs first: toyguide bundle publish {running} --to {self.folder}"
            )
        if self.key is None and _is_signed(running):
            tell(
                "Note:",
                f"{running} is signed, and without --key the new bundle will not be: kiosks with a verify_key refuse "
                "it.",
                "bold yellow",
            )

    def put(self, bundle: Path, instead_of: str) -> Path:
        """Sign the bundle if there is a key, publish it, and say where it lies now.

        instead_of: see `recommender.serving.publish.publish`
        Raises ToyGuideError: why not, and the commands that do it by hand.
        """
        from recommender.serving.bundle import sign_bundle
        from recommender.serving.publish import publish

        by_hand = f"toyguide bundle publish {bundle} --to {self.folder}"
        sign = "" if self.key is None else f"toyguide bundle sign {bundle} --key {self.key}, "
        try:
            if self.key is not None:
                sign_bundle(bundle, self.key)
                sign = ""
            return publish(bundle, self.folder, instead_of=instead_of)
        except (ToyGuideError, OSError) as error:
            raise ToyGuideError(
                f"{_sentence(error)} The new bundle is kept in {bundle}, and is not published; by hand: {sign}{by_hand}"
            ) from error

    def _check_room(self, runs: Manifest) -> None:
        needed = sum(entry.bytes for entry in runs.files.values())
        try:
            with tempfile.TemporaryFile(dir=self.folder) as probe:
                probe.write(b"toyguide")
                probe.flush()
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise parameter_error(
                "--publish", "retrain", f"a folder that can be written ({error.strerror})", str(self.folder)
            ) from error
        if free < needed:
            raise parameter_error(
                "--publish",
                "retrain",
                f"a folder with room for a bundle, about {needed / 1e6:.1f} MB; {free / 1e6:.1f} MB are free",
                str(self.folder),
            )


def _is_signed(bundle: Path) -> bool:
    from recommender.serving.bundle import SIGNATURE

    return (bundle / SIGNATURE).is_file()


def _model_in(out: Path) -> str | None:
    """The model of the bundle that an earlier call of the same retraining has made, and perhaps published."""
    from data.errors import BundleError
    from distillation.retrain import BUNDLE
    from recommender.serving.bundle import read_manifest

    try:
        return read_manifest(out / BUNDLE).model
    except BundleError:
        return None


def _sentence(error: Exception) -> str:
    text = str(error)
    return text if text.endswith((".", "?")) else f"{text}."
