"""A network's input on the GPU, which the processor writes or a kernel does."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.runtime.backends.cuda_buffers import Buffer


class DeviceInput:
    """One network's input.

    Args:
        buffer: its memory, uint8 [1, S, S, 3].

    Attributes:
        buffer: likewise.
        lock: held while an inference reads it or a kernel writes it.
    """

    def __init__(self, buffer: Buffer) -> None:
        self.buffer = buffer
        self.lock = threading.Lock()
        self._placed: NDArray[np.uint8] | None = None

    def take(self, batch: NDArray[np.uint8]) -> None:
        """Bring a photograph to the processor's side of the buffer, unless a kernel put this very one there.

        Args:
            batch: contiguous uint8 [1, S, S, 3].
        """
        if self._placed is None or batch.base is not self._placed:
            self._placed = None
            self.buffer.host[...] = batch

    def give_up(self) -> None:
        """What is placed is about to be written over."""
        self._placed = None

    def place(self, picture: NDArray[np.uint8]) -> None:
        """Both sides of the buffer hold a picture.

        Args:
            picture: uint8 S x S x 3, an array of its own that nobody may write to; known again by its identity.
        """
        assert picture.base is None
        assert not picture.flags.writeable
        self._placed = picture
