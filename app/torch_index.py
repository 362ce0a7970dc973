"""Where the CPU build of PyTorch is to be had. Standard library only: the installer asks this before anything is there.

PyTorch's default Linux wheels bring gigabytes of CUDA. Where the PyTorch CPU index answers within a few seconds it is
offered to pip beside the default index, so that the CPU build is taken; where it does not, pip's own settings decide.
Set TOYGUIDE_TORCH_INDEX to another index (or to an empty text to skip the probe).
"""

from __future__ import annotations

import os
import platform
import urllib.error
import urllib.request

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PROBE_SECONDS = 5


def torch_index() -> str | None:
    """The PyTorch CPU index, if this machine needs it and it answers in time."""
    index = os.environ.get("TOYGUIDE_TORCH_INDEX", CPU_INDEX)
    if not index or platform.system() != "Linux":
        return None
    try:
        with urllib.request.urlopen(f"{index}/torch/", timeout=PROBE_SECONDS):
            return index
    except (urllib.error.URLError, OSError) as error:
        print(f"The PyTorch CPU index does not answer ({error}); pip's own settings decide which torch is taken.")
        return None
