"""ONNX Runtime, as everything here imports it: it tells its maker nothing.

From version 1.29 on its official builds for Linux report processes, models and sessions to Microsoft unless they are
told not to (Privacy.md of the package), and keep a number of the machine in ~/.cache. It looks at its environment once,
when it is first imported. Processes that are started from here inherit the variable; 0 lets it report.
"""

from __future__ import annotations

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

__all__ = ["InvalidArgument", "ort"]
