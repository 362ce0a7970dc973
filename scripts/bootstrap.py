"""Make .venv and install ToyGuide with pinned dependencies. Standard library only; run by `make`.

Which PyTorch is taken: see `app/torch_index.py`.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "toyguide-installed"
sys.path.insert(0, str(ROOT))  # nothing is installed yet

from app.torch_index import torch_index  # noqa: E402


def main() -> int:
    """Install unless the stamp says that just these pins are installed."""
    if sys.version_info < (3, 11):
        print(f"ToyGuide needs Python 3.11 or newer. This is {platform.python_version()}; set PYTHON=python3.12, say.")
        return 1
    wanted = hashlib.sha256(
        b"".join(
            (ROOT / name).read_bytes()
            for name in ("pyproject.toml", "constraints.txt", "scripts/bootstrap.py", "app/torch_index.py")
        )
        + sys.version.encode()
        + str(ROOT).encode()
    ).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return 0
    print("Setting up .venv (once; a few minutes) …", flush=True)
    if run(sys.executable, "-m", "venv", "--clear", str(VENV)):
        print("Python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv")
        return 1
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    pinned = ["--constraint", str(ROOT / "constraints.txt")]
    index = torch_index()
    if run(*pip, *pinned, *(["--extra-index-url", index] if index else []), "torch"):
        print("torch could not be installed; pip's message is above.")
        return 1
    if run(*pip, *pinned, "--editable", f"{ROOT}[shop,train,text,bench,dev]"):
        print("The dependencies could not be installed; pip's message is above.")
        return 1
    STAMP.write_text(wanted)
    return 0


def run(*command: str) -> int:
    """Run a command and return its exit status."""
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
