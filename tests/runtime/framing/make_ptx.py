"""Make `fundusgate/runtime/framing/framing.ptx` from `framing.cu`, with the nvcc at hand.

    python -m tests.runtime.framing.make_ptx

PTX is what every driver compiles for the GPU that it finds, so that a device needs no compiler of CUDA's. nvcc writes
its own newest PTX version, which older drivers refuse (JetPack 6.0's is of CUDA 12.2); the kernels use nothing of it,
so the version is set to that of CUDA 12.0, and ptxas, which refuses what a version lacks, is the check of that.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from fundusgate.runtime.framing.gpu import PTX

SOURCE = PTX.with_suffix(".cu")
VERSION = "8.0"
"""Of PTX: CUDA 12.0's."""
LEAST = "compute_75"
"""The oldest GPU that nvcc 13 makes PTX for; every GPU since compiles it."""
_COMPILER = re.compile(r"release [\d.]+, V([\d.]+)")


def source_hash() -> str:
    """SHA-256 of `framing.cu`."""
    return hashlib.sha256(SOURCE.read_bytes()).hexdigest()


def compiler_of(text: str) -> str:
    """Version of the nvcc that wrote some PTX, or that prints it, such as `13.0.88`."""
    found = _COMPILER.search(text)
    return found[1] if found else "unknown"


def make(folder: Path) -> str:
    """The PTX of `framing.cu`.

    Args:
        folder: for the compiler's files.
    """
    made = folder / "made.ptx"
    # multiplications and additions stay apart, as on the processor
    command = ["nvcc", "-ptx", f"-arch={LEAST}", "-fmad=false", str(SOURCE), "-o", str(made)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    told = f"// Made from framing.cu, SHA-256 {source_hash()},\n// by tests/runtime/framing/make_ptx.py.\n"
    return told + re.sub(r"^\.version .*$", f".version {VERSION}", made.read_text(encoding="utf-8"), flags=re.M)


if __name__ == "__main__":
    if shutil.which("nvcc") is None:
        sys.exit("there is no nvcc here: install CUDA's compiler")
    PTX.write_text(make(Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp")), encoding="utf-8")
