from pathlib import Path

import pytest

from recommender.serving.archive import zip_bundle


@pytest.fixture(scope="session")
def good(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip of the tiny bundle."""
    archive = tmp_path_factory.mktemp("zips") / "tiny.zip"
    zip_bundle(bundle, archive)
    return archive
