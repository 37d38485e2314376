"""What frames photographs, and the processor, which always can."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from fundusgate.runtime.framing.square import Square
from fundusgate.runtime.preprocessing import frame_disc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.runtime.disc import Disc
    from fundusgate.runtime.preprocessing import FramedFundus


class Framer(ABC):
    """Cuts the square about a disc and resizes it. Safe to share between threads."""

    @abstractmethod
    def frame(self, rgb: NDArray[np.uint8], disc: Disc, sizes: Sequence[int]) -> Mapping[int, FramedFundus]:
        """Frame one photograph for every network and for the cues.

        Args:
            rgb: H x W x 3 uint8, RGB.
            disc: the disc in it; it may reach past the frame.
            sizes: sides of what is wanted, pixels, each once.

        Returns:
            What `frame_disc` makes, by size.

        Raises:
            BackendError: the GPU failed; no earlier picture is ever given in its place.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Give back what it holds; closing twice is harmless."""


class ProcessorFramer(Framer):
    """`frame_disc` itself."""

    def frame(self, rgb: NDArray[np.uint8], disc: Disc, sizes: Sequence[int]) -> Mapping[int, FramedFundus]:
        """Frame one photograph."""
        return {size: frame_disc(rgb, disc, size) for size in sizes}


PROCESSOR = ProcessorFramer()


class LargerElsewhere(Framer):
    """Small squares on the processor, and larger ones elsewhere.

    Args:
        elsewhere: frames squares of `least` pixels and more that `frame_disc` resizes in one step.
        least: pixels of the square's side in the photograph.
    """

    def __init__(self, elsewhere: Framer, least: int) -> None:
        self._elsewhere = elsewhere
        self._least = least

    def frame(self, rgb: NDArray[np.uint8], disc: Disc, sizes: Sequence[int]) -> Mapping[int, FramedFundus]:
        """Frame one photograph."""
        square = Square.about(disc, *rgb.shape[:2])
        fits = self._least <= square.side and square.is_framed_at_once
        return (self._elsewhere if fits else PROCESSOR).frame(rgb, disc, sizes)

    def close(self) -> None:
        """Give back what it holds; the processor frames from then on."""
        elsewhere, self._elsewhere = self._elsewhere, PROCESSOR
        elsewhere.close()
