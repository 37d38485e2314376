"""A stand-in for CUDA's driver library, so that the real pycuda and cuda-python run where there is no GPU."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fundusgate.runtime.framing.gpu import PTX

if TYPE_CHECKING:
    from collections.abc import Callable

_HEADERS = [Path(os.environ.get("CUDA_ROOT", "/usr/local/cuda")) / "include", Path("/usr/include")]

needs_pycuda = pytest.mark.skipif(
    find_spec("pycuda") is None
    or shutil.which("g++") is None
    or not any((folder / "cuda.h").is_file() for folder in _HEADERS),
    reason="pycuda, g++ and cuda.h are not all here: pip install pycuda needs no GPU, only CUDA's headers",
)


def build(folder: Path) -> dict[str, str]:
    """Compile it into a folder; the environment in which a program finds it."""
    here = Path(__file__).parent
    include = [f"-I{path}" for path in (*_HEADERS, here.parents[1] / "framing")]
    flags = ["-std=c++17", "-O2", "-Wall", "-Werror", "-ffp-contract=off", "-shared", "-fPIC", *include]
    defined = f'-DFRAMING="{PTX.with_suffix(".cu")}"'
    library, rest = folder / "libcuda.so.1", folder / "rest.c"
    rest.write_text("".join(f"__attribute__((weak)) int {name}(void) {{ return 801; }}\n" for name in _asked()))
    subprocess.run(["gcc", "-c", "-fPIC", str(rest), "-o", str(rest.with_suffix(".o"))], check=True)
    sources = [str(here / "driver.cpp"), str(rest.with_suffix(".o"))]
    subprocess.run(["g++", *flags, defined, *sources, "-o", str(library), "-ldl"], check=True)
    # a pycuda that was linked with a library without a soname asks for it by this one
    (folder / "libcuda.so").symlink_to(library.name)
    return {**os.environ, "LD_LIBRARY_PATH": str(folder)}


def _asked() -> list[str]:
    """Every call that pycuda wants to find; what the stand-in lacks of them answers "not supported"."""
    spec = find_spec("pycuda")
    assert spec is not None
    (binding,) = Path((spec.submodule_search_locations or [""])[0]).glob("_driver*.so")
    listed = subprocess.run(["nm", "-D", "--undefined-only", str(binding)], check=True, capture_output=True, text=True)
    return sorted({name for name in listed.stdout.split() if name.startswith("cu") and "@" not in name})


class StandIn:
    """What a played engine (`tests.runtime.engines.surfaces`) asks of a GPU, answered by the stand-in's memory."""

    engine = "well"

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libcuda.so.1")
        self._library.stand_in_size.restype = self._library.stand_in_held.restype = ctypes.c_size_t
        self._kept: list[Any] = []
        self.streams = _Streams(self)

    def require(self, call: str) -> None:
        """Contexts are the driver's own matter here."""

    @property
    def held(self) -> int:
        """Allocations that were not given back."""
        return int(self._library.stand_in_held())

    def at(self, address: int) -> np.ndarray[Any, Any]:
        """The memory at an address, bytes."""
        size = int(self._library.stand_in_size(ctypes.c_void_p(address)))
        if not size:
            raise ValueError(f"{address} is no address")
        return np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(address))

    def enqueue(self, stream: int, work: Callable[[], object]) -> None:
        """Have some work done on a stream, or captured."""
        called = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _data: work() and None)
        self._kept.append(called)
        assert self._library.cuLaunchHostFunc(ctypes.c_void_p(stream), called, None) == 0

    def is_capturing(self, stream: int) -> bool:
        """Whether it is being captured."""
        status = ctypes.c_int()
        assert self._library.cuStreamIsCapturing(ctypes.c_void_p(stream), ctypes.byref(status)) == 0
        return bool(status.value)


class _Streams:
    def __init__(self, gpu: StandIn) -> None:
        self._gpu = gpu

    def __getitem__(self, handle: int) -> _Stream:
        return _Stream(self._gpu, handle)


class _Stream:
    def __init__(self, gpu: StandIn, handle: int) -> None:
        self._gpu, self._handle = gpu, handle

    @property
    def captured(self) -> list[Any] | None:
        return [] if self._gpu.is_capturing(self._handle) else None

    def enqueue(self, work: Callable[[], object]) -> None:
        self._gpu.enqueue(self._handle, work)
