"""A played GPU behind pycuda's and cuda-python's names, as strict as the real ones.

A call without a current context, an address that nobody allocated or that was freed, an unbalanced pop: each is an
error. What is enqueued on a stream happens when the stream is synchronised, and not before.
"""

# ruff: noqa: ANN401, N802 - stands in for classes that have no types, under their own names
from __future__ import annotations

import json
import re
import struct
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.runtime.framing.host_kernels import HOST_COMPILER, host_kernels

if TYPE_CHECKING:
    from collections.abc import Callable

GPU_SURFACES: dict[str, Any] = json.loads(Path(__file__).with_name("gpu_surfaces.json").read_text(encoding="utf-8"))
ALIGNMENT = 256
_DEVICEMAP = 2


class CudaError(Exception):
    """`pycuda.driver.Error`."""


def only(kind: str, owner: Any, *names: str) -> Any:
    """An object with the named attributes of `owner`, each of which pycuda's class of that name has."""
    offered = set(GPU_SURFACES["pycuda"][kind])
    assert set(names) <= offered, f"pycuda's {kind} lacks {set(names) - offered}"
    return owner


class FakeCuda:
    """One GPU and its driver.

    Args:
        integrated: whether it shares the processor's memory.
    """

    def __init__(self, integrated: bool = False) -> None:
        self.integrated = integrated
        self.memory: dict[int, np.ndarray[Any, Any]] = {}
        """The GPU's, by address."""
        self.streams: dict[int, FakeStream] = {}
        self.allocated = 0
        self.synchronised = 0
        self.copies = 0
        self.fails: dict[str, Exception] = {}
        """What the call of that name raises, until it is taken out."""
        self.engine = "well"
        """How engines run: "well", "refuse" (enqueueing is False), "nothing" (True, and no output is written), "half"
        (half of each output is written), "complain" (an error is logged), "warn" (a warning is)."""
        self.kernels = "well"
        """What kernels do: "well", "nothing" (nothing is written), "wrong" (framed pictures are)."""
        self.launches: list[str] = []
        """Kernels that ran, in order."""
        self.breaks_at = ""
        """A call that breaks the context: it fails, and so does every one after it but giving memory back."""
        self.pinned = 0
        self._stacks = threading.local()
        self._next = 4096
        self._ready = False
        self._broken = False

    @property
    def pushed(self) -> int:
        """Contexts that this thread has pushed and not popped."""
        return getattr(self._stacks, "depth", 0)

    def require(self, call: str) -> None:
        """A call of the driver: needs a current context, and may be told to fail."""
        if not self.pushed:
            raise CudaError(f"{call} failed: no currently active context?")
        if call == self.breaks_at:
            self._broken = True
        if self._broken and call != "free":
            raise CudaError(f"{call} failed: an illegal memory access was encountered")
        if call in self.fails:
            raise self.fails[call]

    def at(self, address: int) -> np.ndarray[Any, Any]:
        """The GPU's memory at an address."""
        if address not in self.memory:
            raise CudaError(f"{address} is no address: an illegal memory access was encountered")
        return self.memory[address]

    def place(self, content: np.ndarray[Any, Any]) -> int:
        """Give memory an address."""
        address, self._next = self._next, self._next + content.nbytes + ALIGNMENT - content.nbytes % ALIGNMENT
        self.memory[address] = content
        self.allocated += 1
        return address

    def module(self) -> ModuleType:
        """`pycuda.driver`, with nothing that pycuda lacks."""
        module = ModuleType("pycuda.driver")
        held = {
            "init": self._init,
            "Device": lambda index: _Device(self, index),
            "Stream": lambda: FakeStream(self),
            "pagelocked_empty": self._pagelocked_empty,
            "mem_alloc": lambda size: _DeviceAllocation(self, size),
            "memset_d32_async": self._memset,
            "memcpy_htod_async": self._upload,
            "memcpy_dtoh_async": self._download,
            "module_from_buffer": self._module_from_buffer,
            "Error": CudaError,
            "device_attribute": SimpleNamespace(INTEGRATED=18, CAN_MAP_HOST_MEMORY=19),
            "host_alloc_flags": SimpleNamespace(DEVICEMAP=_DEVICEMAP),
        }
        assert set(held) <= set(GPU_SURFACES["pycuda"][""]) | {"host_alloc_flags", "device_attribute"}
        assert "DEVICEMAP" in GPU_SURFACES["pycuda"]["host_alloc_flags"]
        assert {"INTEGRATED", "CAN_MAP_HOST_MEMORY"} <= set(GPU_SURFACES["pycuda"]["device_attribute"])
        for name, value in held.items():
            setattr(module, name, value)
        return module

    def _init(self) -> None:
        self._ready = True
        if "init" in self.fails:
            raise self.fails["init"]

    def _push(self, by: int) -> None:
        assert self._ready
        if self.pushed + by < 0:
            raise CudaError("cannot pop non-current context")
        self._stacks.depth = self.pushed + by

    def _pagelocked_empty(self, shape: tuple[int, ...], dtype: Any, order: str = "C", mem_flags: int = 0) -> Any:
        assert order == "C"
        self.require("pagelocked_empty")
        return np.asarray(_Pinned(self, shape, np.dtype(dtype), bool(mem_flags & _DEVICEMAP)))

    def _memset(self, dest: int, data: int, size: int, stream: FakeStream) -> None:
        self.require("memset_d32_async")
        stream.enqueue(lambda: self.at(dest).view(np.uint32)[:size].fill(data))

    def _upload(self, dest: int, src: np.ndarray[Any, Any], stream: FakeStream) -> None:
        self.require("memcpy_htod_async")
        root = src.base.base if isinstance(src.base, np.ndarray) else src.base
        assert isinstance(root, _Pinned)
        assert src.flags.c_contiguous
        self.copies += 1
        stream.enqueue(lambda: np.copyto(self.at(dest)[: src.nbytes], np.frombuffer(src.tobytes(), np.uint8)))

    def _download(self, dest: np.ndarray[Any, Any], src: int, stream: FakeStream) -> None:
        self.require("memcpy_dtoh_async")
        assert isinstance(dest.base, _Pinned)
        self.copies += 1
        stream.enqueue(lambda: np.copyto(dest, self.at(src).view(dest.dtype).reshape(dest.shape)))

    def _module_from_buffer(self, buffer: bytes) -> Any:
        self.require("module_from_buffer")
        if HOST_COMPILER is None:
            raise CudaError("this played GPU has no kernels: there is no g++ here")
        assert buffer.endswith(b"\0"), "the driver reads PTX up to a zero byte"
        text = buffer.rstrip(b"\0").decode("ascii")
        get = lambda name: _Function(self, name, text)  # noqa: E731 - one line
        return only("Module", SimpleNamespace(get_function=get), "get_function")


class _Function:
    """A kernel of some PTX: what it does is what the host's build of the same source does."""

    def __init__(self, cuda: FakeCuda, name: str, ptx: str) -> None:
        if f".entry {name}(" not in ptx:
            raise CudaError("cuModuleGetFunction failed: named symbol not found")
        self._cuda = only("Function", cuda, "prepare", "prepared_async_call")
        self._name = name
        entry = ptx[ptx.index(f".entry {name}(") :]
        self._parameters = re.findall(r"\.param \.(\w+)", entry[: entry.index(")")])
        self._format = ""

    def prepare(self, arg_types: str) -> _Function:
        sizes = {"P": "u64", "i": "u32", "d": "f64"}
        assert [sizes[kind] for kind in arg_types] == self._parameters
        self._format = arg_types
        return self

    def prepared_async_call(
        self, grid: tuple[int, int], block: tuple[int, int, int], stream: FakeStream, *args: int | float
    ) -> None:
        self._cuda.require(self._name)
        struct.pack(self._format, *args)
        assert block[0] * block[1] * block[2] <= 1024
        stream.enqueue(lambda: self._run((*grid, 1), block, args))

    def _run(self, grid: tuple[int, int, int], block: tuple[int, int, int], args: tuple[int | float, ...]) -> None:
        self._cuda.launches.append(self._name)
        if self._cuda.kernels == "nothing":
            return
        pointed = [
            self._cuda.at(int(value)).ctypes.data if kind == "P" else value
            for kind, value in zip(self._format, args, strict=True)
        ]
        host_kernels()(self._name, grid, block, self._format, pointed)
        if self._cuda.kernels == "wrong" and self._name == "frame_pixels":
            self._cuda.at(int(args[2]))[:] ^= 0x40


class _Device:
    def __init__(self, cuda: FakeCuda, index: int) -> None:
        assert index == 0
        assert cuda._ready
        self._cuda = only("Device", cuda, "get_attribute", "retain_primary_context")

    def get_attribute(self, attribute: int) -> int:
        return {18: int(self._cuda.integrated), 19: 1}[attribute]

    def retain_primary_context(self) -> Any:
        push = self._cuda._push
        return only("Context", SimpleNamespace(push=lambda: push(1), pop=lambda: push(-1)), "push", "pop")


class _Pinned:
    def __init__(self, cuda: FakeCuda, shape: tuple[int, ...], dtype: np.dtype[Any], mapped: bool) -> None:
        self._cuda = only("PagelockedHostAllocation", cuda, "free")
        self._bytes = np.full(int(np.prod(shape)) * dtype.itemsize, 0xA5, np.uint8)
        self.__array_interface__ = self._bytes.view(dtype).reshape(shape).__array_interface__
        self._address = cuda.place(self._bytes) if mapped else 0
        cuda.allocated += not mapped
        cuda.pinned += 1

    def get_device_pointer(self) -> int:
        self._cuda.require("get_device_pointer")
        if not self._address:
            raise CudaError("cuMemHostGetDevicePointer failed: invalid argument")
        return only("HostPointer", self._address, "get_device_pointer")  # type: ignore[no-any-return]

    def free(self) -> None:
        self._cuda.require("free")
        self._cuda.pinned -= 1
        if self._address:
            del self._cuda.memory[self._address]


class _DeviceAllocation:
    def __init__(self, cuda: FakeCuda, size: int) -> None:
        cuda.require("mem_alloc")
        self._cuda = only("DeviceAllocation", cuda, "free", "__int__")
        self._address = cuda.place(np.full(size, 0x5A, np.uint8))

    def __int__(self) -> int:
        return self._address

    def free(self) -> None:
        self._cuda.require("free")
        del self._cuda.memory[self._address]


class FakeStream:
    """A stream: what is enqueued waits for `synchronize`, or for the graph that is being captured."""

    def __init__(self, cuda: FakeCuda) -> None:
        cuda.require("Stream")
        self._cuda = only("Stream", cuda, "handle", "synchronize")
        self.handle = 77 + len(cuda.streams)
        self.captured: list[Callable[[], object]] | None = None
        self._waiting: list[Callable[[], object]] = []
        cuda.streams[self.handle] = self

    def enqueue(self, work: Callable[[], object]) -> None:
        (self._waiting if self.captured is None else self.captured).append(work)

    def synchronize(self) -> FakeStream:
        self._cuda.require("synchronize")
        assert self.captured is None, "a stream that is being captured cannot be synchronised"
        waiting, self._waiting = self._waiting, []
        self._cuda.synchronised += 1
        for work in waiting:
            work()
        return self


class FakeDriver:
    """cuda-python's `cuda.bindings.driver` on the same GPU.

    Attributes:
        fails: names of calls that answer with an error.
        loses: whether what was captured last is lost from graphs.
        launched: graphs that were launched.
        live: graphs and executables that were not given back.
    """

    CUresult = SimpleNamespace(CUDA_SUCCESS=0)
    CUstreamCaptureMode = SimpleNamespace(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL=1)
    CUstream = int

    def __init__(self, cuda: FakeCuda) -> None:
        self._cuda = cuda
        self.fails: set[str] = set()
        self.loses = False
        self.launched = 0
        self.live = 0
        for release in GPU_SURFACES["cuda-bindings"].values():
            assert {name for name in dir(self) if name.startswith("cu")} <= set(release["calls"])
            assert "CU_STREAM_CAPTURE_MODE_THREAD_LOCAL" in release["CUstreamCaptureMode"]
            assert {"CUstream", "CUresult", "CUstreamCaptureMode"} <= set(release["classes"])

    def cuStreamBeginCapture(self, hStream: int, mode: int) -> tuple[int]:  # noqa: N803
        assert mode == 1
        status = self._status("cuStreamBeginCapture")
        if not status:
            self._cuda.streams[hStream].captured = []
        return (status,)

    def cuStreamEndCapture(self, hStream: int) -> tuple[int, Any]:  # noqa: N803
        stream = self._cuda.streams[hStream]
        work, stream.captured = stream.captured, None
        status = self._status("cuStreamEndCapture")
        self.live += not status
        return status, work

    def cuGraphInstantiate(self, hGraph: Any, flags: int) -> tuple[int, Any]:  # noqa: N803
        assert flags == 0
        status = self._status("cuGraphInstantiate")
        self.live += not status
        return status, hGraph[: -1 if self.loses else None]

    def cuGraphDestroy(self, hGraph: Any) -> tuple[int]:  # noqa: ARG002, N803
        self.live -= 1
        return (self._status("cuGraphDestroy"),)

    def cuGraphLaunch(self, hGraphExec: Any, hStream: int) -> tuple[int]:  # noqa: N803
        status = self._status("cuGraphLaunch")
        if not status:
            self.launched += 1
            for work in hGraphExec:
                self._cuda.streams[hStream].enqueue(work)
        return (status,)

    def cuGraphExecDestroy(self, hGraphExec: Any) -> tuple[int]:  # noqa: ARG002, N803
        self.live -= 1
        return (self._status("cuGraphExecDestroy"),)

    def _status(self, call: str) -> int:
        self._cuda.require(call)
        return 901 if call in self.fails else 0
