"""The facts of this machine that decide whether an engine fits it."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fundusgate.device.board.identity import read_jetson_linux
from fundusgate.device.board.memory import read_memory
from fundusgate.device.board.tree import Tree
from fundusgate.runtime.engines.api import EngineError

_DRIVER = "libcuda.so.1"
_CAPABILITY_MAJOR, _CAPABILITY_MINOR = 75, 76
"""CUdevice_attribute numbers of CUDA's driver interface."""


class NoDriverError(EngineError):
    """There is no CUDA driver: no NVIDIA GPU, as far as a program can see."""


@dataclass(frozen=True)
class Machine:
    """What an engine is built for."""

    board: str
    """The board's own name, or the GPU's where it is no Jetson."""
    capability: tuple[int, int]
    """CUDA compute capability."""
    cuda: str
    """The newest CUDA that the driver serves, such as `12.6`."""
    l4t: str
    """Jetson Linux, such as `36.4.0`; empty where it is no Jetson."""
    available: int
    """Bytes of memory that are free to use; on a Jetson the GPU shares them."""

    @property
    def multiplies_int8(self) -> bool:
        """Whether its GPU has INT8 products (dp4a since 6.1, and 6.2 and 6.0 lack it)."""
        return self.capability == (6, 1) or self.capability >= (7, 0)


def read_machine(root: Path = Path("/"), driver: Any = None) -> Machine:  # noqa: ANN401 - a library that ctypes opened
    """Ask the system and the CUDA driver.

    Args:
        root: Of the file system.
        driver: CUDA's driver library, opened; by default this machine's.

    Raises:
        NoDriverError: There is no CUDA driver.
        EngineError: There is no GPU that answers.
    """
    cuda = _Driver(_open_driver() if driver is None else driver)
    tree = Tree(root)
    return Machine(
        board=tree.text("proc/device-tree/model") or cuda.device_name(),
        capability=cuda.capability(),
        cuda=cuda.version(),
        # The file's own word: dpkg's, which the board's reader also takes, would make other engines of those there are.
        l4t=read_jetson_linux(tree) or "",
        available=read_memory(tree).available or 0,
    )


class _Driver:
    """The few calls of CUDA's driver interface that say what the first GPU is."""

    def __init__(self, library: Any) -> None:  # noqa: ANN401 - a library that ctypes opened
        self._library = library
        self._call("cuInit", 0)
        self._device = ctypes.c_int()
        self._call("cuDeviceGet", ctypes.byref(self._device), 0)

    def version(self) -> str:
        number = ctypes.c_int()
        self._call("cuDriverGetVersion", ctypes.byref(number))
        return f"{number.value // 1000}.{number.value % 1000 // 10}"

    def capability(self) -> tuple[int, int]:
        major, minor = ctypes.c_int(), ctypes.c_int()
        self._call("cuDeviceGetAttribute", ctypes.byref(major), _CAPABILITY_MAJOR, self._device)
        self._call("cuDeviceGetAttribute", ctypes.byref(minor), _CAPABILITY_MINOR, self._device)
        return major.value, minor.value

    def device_name(self) -> str:
        name = ctypes.create_string_buffer(256)
        self._call("cuDeviceGetName", name, len(name), self._device)
        return name.value.decode(errors="replace")

    def _call(self, function: str, *arguments: Any) -> None:  # noqa: ANN401 - as ctypes takes them
        status = getattr(self._library, function)(*arguments)
        if status:
            raise EngineError(
                f"the CUDA driver answers {function} with error {status}: is there a GPU, and is it free?"
            )


def _open_driver() -> Any:  # noqa: ANN401 - a library that ctypes opened
    try:
        return ctypes.CDLL(_DRIVER)
    except OSError as error:
        raise NoDriverError(
            f"there is no CUDA driver ({error}): engines are built on the device that runs them, a Jetson or a machine"
            " with an NVIDIA GPU"
        ) from error
