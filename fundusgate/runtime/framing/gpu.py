"""Photographs framed on the GPU: one upload of the square, then `framing.cu` straight into the networks' inputs."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.backends.cuda_buffers import CopiedBuffer, buffer_kind
from fundusgate.runtime.backends.cuda_context import current, load_pycuda, primary_context
from fundusgate.runtime.backends.device_input import DeviceInput
from fundusgate.runtime.framing.framer import Framer
from fundusgate.runtime.framing.square import Square
from fundusgate.runtime.preprocessing import FramedFundus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from fundusgate.runtime.backends.cuda_buffers import Buffer
    from fundusgate.runtime.disc import Disc

PTX = Path(__file__).with_name("framing.ptx")
"""The kernels as every driver from CUDA 12.0 on compiles them when they are loaded."""
LINE_BYTES = 32
"""`sizeof(Line)` of `framing.cu`."""
UNWRITTEN = 0xFF
"""What a mask holds before the kernel has written 0 or 1 there."""
_LINES_BLOCK = (128, 1, 1)
_PIXELS_BLOCK = (32, 8, 1)


class GpuFramer(Framer):
    """Frames photographs on the first GPU.

    The square's part of the photograph is copied through pinned memory to the GPU, also where they share their memory:
    the kernel reads each byte several times, and what is mapped is not cached there.

    Args:
        inputs: by size, the network's input to write; None for a size that only the cues look at.

    Raises:
        BackendError: pycuda is missing, or the GPU refuses the kernels or the memory.
    """

    def __init__(self, inputs: Mapping[int, DeviceInput | None]) -> None:
        self._cuda = load_pycuda()
        self._lock = threading.Lock()
        self._source: CopiedBuffer | None = None
        self._buffers: list[Buffer] = []
        self._lines: dict[int, Any] = {}
        self._masks: dict[int, Buffer] = {}
        self._inputs: dict[int, DeviceInput] = {}
        self._module: Any = None
        try:
            self._context = primary_context(self._cuda)
            with current(self._context), ExitStack() as failed:
                failed.callback(self._release)
                self._prepare(inputs)
                failed.pop_all()
        except (self._cuda.Error, OSError) as error:
            raise BackendError(f"the GPU cannot frame photographs: {error}") from error

    def _prepare(self, inputs: Mapping[int, DeviceInput | None]) -> None:
        # the driver reads PTX up to a zero byte
        self._module = self._cuda.module_from_buffer(PTX.read_bytes() + b"\0")
        self._make_lines = self._module.get_function("frame_lines")
        self._make_lines.prepare("P" + 7 * "i" + 4 * "d")
        self._make_pixels = self._module.get_function("frame_pixels")
        self._make_pixels.prepare(4 * "P" + 7 * "i" + "d")
        self._stream = self._cuda.Stream()
        make = buffer_kind(self._cuda)
        for size, given in inputs.items():
            self._lines[size] = self._cuda.mem_alloc(2 * size * LINE_BYTES)
            self._masks[size] = make(self._cuda, (size, size), np.dtype(np.uint8))
            if given is None:
                given = DeviceInput(make(self._cuda, (1, size, size, 3), np.dtype(np.uint8)))
                self._buffers.append(given.buffer)
            self._inputs[size] = given

    def frame(self, rgb: NDArray[np.uint8], disc: Disc, sizes: Sequence[int]) -> Mapping[int, FramedFundus]:
        """Frame one photograph; the pictures lie in the networks' inputs too, until another is framed or inferred.

        Raises:
            BackendError: the GPU failed, or is closed.
        """
        with self._lock, current(self._context):
            if self._module is None:
                raise BackendError("framing on the GPU is closed: open the networks again")
            try:
                return self._frame(rgb, disc, sizes)
            except self._cuda.Error as error:
                raise BackendError(f"framing failed on the GPU: {error}; {_NO_RESULT}") from error

    def _frame(self, rgb: NDArray[np.uint8], disc: Disc, sizes: Sequence[int]) -> Mapping[int, FramedFundus]:
        square = Square.about(disc, *rgb.shape[:2])
        with ExitStack() as held:
            with self._settled():
                source = self._upload(square.cut(rgb))
                for size in sizes:
                    held.enter_context(self._inputs[size].lock)
                    self._inputs[size].give_up()
                    self._enqueue(source, rgb, disc, square, size)
            return {size: self._framed(square, size) for size in sizes}

    @contextmanager
    def _settled(self) -> Iterator[None]:
        try:
            yield
        finally:
            # after a refusal, too: nothing late may reach the next photograph
            self._stream.synchronize()

    def _upload(self, cut: NDArray[np.uint8]) -> int:
        """Enqueue the copy of a part of a photograph; the address where it will lie."""
        if self._source is None or self._source.host.size < cut.size:
            # a larger photograph than any before
            source, self._source = self._source, None
            if source is not None:
                source.free()
            self._source = CopiedBuffer(self._cuda, (max(1, cut.size),), np.dtype(np.uint8))
        staged = self._source.host[: cut.size]
        np.copyto(staged.reshape(cut.shape), cut)
        if cut.size:
            self._cuda.memcpy_htod_async(self._source.address, staged, self._stream)
        return self._source.address

    def _enqueue(self, source: int, rgb: NDArray[np.uint8], disc: Disc, square: Square, size: int) -> None:
        lines, mask, way = int(self._lines[size]), self._masks[size], int(square.way(size))
        height, width = rgb.shape[:2]
        self._make_lines.prepared_async_call(
            (-(-2 * size // _LINES_BLOCK[0]), 1), _LINES_BLOCK, self._stream,
            lines, size, square.side, way, square.x0, square.y0, width, height,
            square.scale(size), square.side / size, disc.cx, disc.cy,
        )  # fmt: skip
        rows, columns = square.shape
        grid = (-(-size // _PIXELS_BLOCK[0]), -(-size // _PIXELS_BLOCK[1]))
        picture = self._inputs[size].buffer
        mask.host.fill(UNWRITTEN)
        mask.upload(self._stream)
        self._make_pixels.prepared_async_call(
            grid, _PIXELS_BLOCK, self._stream,
            source, lines, picture.address, mask.address, size, square.side, way,
            square.left - square.x0, square.top - square.y0, columns, rows, disc.radius**2,
        )  # fmt: skip
        picture.download(self._stream)
        mask.download(self._stream)

    def _framed(self, square: Square, size: int) -> FramedFundus:
        mask = self._masks[size].host
        if mask.max() > 1:
            raise BackendError(f"framing on the GPU left a part of the picture unwritten; {_NO_RESULT}")
        picture = self._inputs[size].buffer.host[0].copy()
        picture.setflags(write=False)
        self._inputs[size].place(picture)
        x0, y0, side = square.x0, square.y0, square.side
        return FramedFundus(rgb=picture, inside=mask.astype(np.bool_), box=(x0, y0, x0 + side, y0 + side))

    def close(self) -> None:
        """Give back the GPU's memory; the networks' inputs are theirs.

        Raises:
            BackendError: The GPU refused.
        """
        with self._lock, current(self._context):
            try:
                self._release()
            except self._cuda.Error as error:
                raise BackendError(f"framing could not give the GPU's memory back: {error}") from error

    def _release(self) -> None:
        held: list[Any] = [*self._buffers, *self._masks.values(), *self._lines.values()]
        held += [] if self._source is None else [self._source]
        self._source, self._buffers, self._lines, self._masks, self._inputs = None, [], {}, {}, {}
        with ExitStack() as every:
            for memory in held:
                every.callback(memory.free)
        self._make_lines = self._make_pixels = self._module = self._stream = None


_NO_RESULT = "this photograph has no result"
