"""The machine, in words."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import onnxruntime

CPUINFO = Path("/proc/cpuinfo")


def describe_machine(cpuinfo: Path = CPUINFO) -> str:
    """Processor, its instructions for INT8, how many cores, and the ONNX Runtime that measures."""
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.is_file() else ""
    named = _first(text, "model name") or platform.processor() or platform.machine()
    flags = _first(text, "flags").split()
    vnni = next((flag for flag in ("avx512_vnni", "avx_vnni") if flag in flags), "no VNNI")
    cores = len(os.sched_getaffinity(0))
    return f"{named}, {vnni}, {cores} cores, {platform.system()}, ONNX Runtime {onnxruntime.__version__}"


def _first(text: str, key: str) -> str:
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""
