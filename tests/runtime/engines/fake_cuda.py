"""pycuda's driver interface with host memory for a device's."""

# ruff: noqa: ANN401 - stands in for classes that have no types
from __future__ import annotations

from typing import Any

import numpy as np


class FakeCuda:
    """What `fundusgate.export.engines.plan_backend` calls; `memory` is the device's, by address."""

    def __init__(self) -> None:
        self.memory: dict[int, np.ndarray[Any, Any]] = {}
        self.pushed = 0
        self.synchronised = 0

    def init(self) -> None: ...

    def Device(self, index: int) -> Any:  # noqa: N802 - pycuda's name
        assert index == 0
        return self

    def retain_primary_context(self) -> Any:
        return self

    def push(self) -> None:
        self.pushed += 1

    def pop(self) -> None:
        self.pushed -= 1

    def Stream(self) -> Any:  # noqa: N802 - pycuda's name
        return _Stream(self)

    def pagelocked_empty(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
        return np.empty(shape, dtype)

    def mem_alloc(self, size: int) -> int:
        address = 4096 * (len(self.memory) + 1)
        self.memory[address] = np.zeros(size, np.uint8)
        return address

    def memcpy_htod_async(self, device: int, host: np.ndarray[Any, Any], stream: _Stream) -> None:
        assert stream.handle
        self.memory[device][...] = np.frombuffer(host.tobytes(), np.uint8)

    def memcpy_dtoh_async(self, host: np.ndarray[Any, Any], device: int, stream: _Stream) -> None:
        assert stream.handle
        host[...] = self.memory[device].view(host.dtype).reshape(host.shape)


class _Stream:
    handle = 77

    def __init__(self, cuda: FakeCuda) -> None:
        self._cuda = cuda

    def synchronize(self) -> None:
        self._cuda.synchronised += 1
