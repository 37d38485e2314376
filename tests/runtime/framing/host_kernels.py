"""`framing.cu` compiled by g++: the kernels' own source on the processor."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fundusgate.runtime.framing.gpu import PTX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOST_COMPILER = shutil.which("g++")

needs_host_compiler = pytest.mark.skipif(
    HOST_COMPILER is None, reason="there is no g++ here to compile the GPU's kernels for the processor with"
)

_TYPES: dict[str, Any] = {"P": ctypes.c_void_p, "i": ctypes.c_int, "d": ctypes.c_double}


@cache
def host_kernels() -> Callable[[str, Sequence[int], Sequence[int], str, Sequence[Any]], None]:
    """Compile them, once.

    Returns:
        Runs the kernel of a name on a grid (3) of blocks (3), with arguments of a `struct` format; memory as addresses.
    """
    source = PTX.with_suffix(".cu")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "framing.so"
        # the sums stay apart, as -fmad=false keeps them on the GPU
        flags = ["-std=c++17", "-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
        shim = Path(__file__).with_name("cuda_on_host.hpp")
        command = ["g++", *flags, f'-DFRAMING="{source}"', "-x", "c++", str(shim), "-o", str(library)]
        subprocess.run(command, check=True)
        loaded = ctypes.CDLL(str(library))

    def run(name: str, grid: Sequence[int], block: Sequence[int], kinds: str, arguments: Sequence[Any]) -> None:
        shape = ctypes.c_uint * 3
        given = [_TYPES[kind](value) for kind, value in zip(kinds, arguments, strict=True)]
        getattr(loaded, f"run_{name}")(shape(*grid), shape(*block), *given)

    return run
