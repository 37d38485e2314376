"""Where a network's input and outputs lie: pinned memory that the GPU sees itself, or pinned memory and a copy of it.

On an integrated GPU (every Jetson) processor and GPU share their memory, so mapped memory needs no copy. Allocated
once; nothing is allocated for a frame.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAN_BITS = 0x7FC00000
"""A float32 that is not a number."""


class Buffer(ABC):
    """One tensor's memory.

    Attributes:
        host: what the processor reads and writes.
        address: where the GPU finds the tensor.
    """

    host: NDArray[Any]
    address: int

    @abstractmethod
    def upload(self, stream: Any) -> None:  # noqa: ANN401 - pycuda has no type stubs
        """Enqueue what brings the processor's bytes to the GPU."""

    @abstractmethod
    def download(self, stream: Any) -> None:  # noqa: ANN401 - pycuda has no type stubs
        """Enqueue what brings the GPU's bytes to the processor."""

    @abstractmethod
    def poison(self, stream: Any) -> None:  # noqa: ANN401 - pycuda has no type stubs
        """Enqueue what makes the GPU's side of a float32 output not a number, where it has a side of its own."""

    @abstractmethod
    def free(self) -> None:
        """Give the memory back; the context must be current."""


class MappedBuffer(Buffer):
    """Pinned memory in the GPU's own address space: zero copy.

    Args:
        cuda: `pycuda.driver`, its context current.
        shape: Of the tensor.
        dtype: Of the tensor.
    """

    def __init__(self, cuda: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:  # noqa: ANN401 - as above
        self.host = cuda.pagelocked_empty(shape, dtype, mem_flags=cuda.host_alloc_flags.DEVICEMAP)
        memory: Any = self.host.base
        self._memory = memory
        self.address = int(self._memory.get_device_pointer())

    def upload(self, stream: Any) -> None:  # noqa: ANN401 - as above
        """Nothing: there is one memory."""

    def download(self, stream: Any) -> None:  # noqa: ANN401 - as above
        """Nothing: there is one memory."""

    def poison(self, stream: Any) -> None:  # noqa: ANN401 - as above
        """Nothing: the processor's side is the GPU's."""

    def free(self) -> None:
        """Give the memory back; the context must be current."""
        self.host = np.empty(0, self.host.dtype)
        self._memory.free()


class CopiedBuffer(Buffer):
    """Pinned memory and memory of the GPU's own.

    Args:
        cuda: `pycuda.driver`, its context current.
        shape: Of the tensor.
        dtype: Of the tensor.
    """

    def __init__(self, cuda: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:  # noqa: ANN401 - as above
        self._cuda = cuda
        self.host = cuda.pagelocked_empty(shape, dtype)
        memory: Any = self.host.base
        self._memory = memory
        self._device = cuda.mem_alloc(self.host.nbytes)
        self.address = int(self._device)

    def upload(self, stream: Any) -> None:  # noqa: ANN401 - as above
        """Enqueue the copy to the GPU."""
        self._cuda.memcpy_htod_async(self.address, self.host, stream)

    def download(self, stream: Any) -> None:  # noqa: ANN401 - as above
        """Enqueue the copy from the GPU."""
        self._cuda.memcpy_dtoh_async(self.host, self.address, stream)

    def poison(self, stream: Any) -> None:  # noqa: ANN401 - as above
        """Enqueue the filling of the GPU's memory."""
        self._cuda.memset_d32_async(self.address, NAN_BITS, self.host.size, stream)

    def free(self) -> None:
        """Give the memory back; the context must be current."""
        self.host = np.empty(0, self.host.dtype)
        self._device.free()
        self._memory.free()


def buffer_kind(cuda: Any) -> type[MappedBuffer] | type[CopiedBuffer]:  # noqa: ANN401 - as above
    """Zero copy on an integrated GPU that can map pinned memory, copies elsewhere.

    Args:
        cuda: `pycuda.driver`, initialised.
    """
    device = cuda.Device(0)
    wanted = (cuda.device_attribute.INTEGRATED, cuda.device_attribute.CAN_MAP_HOST_MEMORY)
    return MappedBuffer if all(device.get_attribute(attribute) for attribute in wanted) else CopiedBuffer
