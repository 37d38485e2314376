"""What every inference engine must do, and what is checked whichever engine it is.

The public methods check and call one `_do_*` hook each, so that no engine can skip a check (the manner of
python-microscope's device classes).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from numpy.typing import NDArray
    from typing_extensions import Self


class BackendError(RuntimeError):
    """An engine that could not be opened or gave something that must not be believed; the message says what to do."""


@dataclass(frozen=True)
class Signature:
    """What a graph takes and gives."""

    size: int
    """Side S of the input: uint8 [1, S, S, 3], RGB."""
    outputs: Mapping[str, tuple[int, ...]]
    """Shape of each float32 output by name."""


class Backend(ABC):
    """One network on one inference engine; use it as a context manager, from one thread at a time."""

    def __init__(self) -> None:
        self._signature: Signature | None = None

    @property
    def signature(self) -> Signature:
        """What the open graph takes and gives.

        Raises:
            BackendError: The backend is not open.
        """
        if self._signature is None:
            raise BackendError(f"{type(self).__name__} is not open: call open() or use it in a `with` block")
        return self._signature

    def open(self) -> None:
        """Load the graph and make it ready; an open backend stays as it is.

        Raises:
            BackendError: The graph, the engine or the hardware is not there or does not fit.
        """
        if self._signature is None:
            self._signature = self._do_open()

    def infer(self, image: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Run the network on one photograph.

        Args:
            image: uint8, S x S x 3, RGB, already framed; S is `signature.size`.

        Returns:
            Every output by name: float32, of the shape that the signature states, finite.

        Raises:
            BackendError: Not open; an image of another type or shape; the engine failed; an output is missing, of
                another shape or type, or not finite. No earlier result is ever returned in its place.
        """
        signature = self.signature
        expected = (signature.size, signature.size, 3)
        if image.dtype != np.uint8 or image.shape != expected:
            raise BackendError(
                f"image is {image.dtype} {image.shape}, the network takes uint8 {expected}: frame the photograph first"
            )
        outputs = self._do_infer(np.ascontiguousarray(image[np.newaxis]))
        for name, shape in signature.outputs.items():
            _check_output(name, outputs.get(name), shape)
        return {name: outputs[name] for name in signature.outputs}

    def close(self) -> None:
        """Give back what the engine holds; closing twice is harmless."""
        if self._signature is not None:
            self._signature = None
            self._do_close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _do_open(self) -> Signature:
        """Load the graph; leaves nothing behind when it raises."""

    @abstractmethod
    def _do_infer(self, batch: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        """Run the graph on a contiguous uint8 [1, S, S, 3]; the arrays returned are the caller's own."""

    @abstractmethod
    def _do_close(self) -> None:
        """Give back what `_do_open` took."""


def _check_output(name: str, output: NDArray[np.float32] | None, shape: tuple[int, ...]) -> None:
    if output is None:
        raise BackendError(f"the engine gave no output {name!r}: the graph and its manifest do not belong together")
    if output.dtype != np.float32 or output.shape != shape:
        raise BackendError(
            f"output {name!r} is {output.dtype} {output.shape}, expected float32 {shape}: export it again"
        )
    if not np.isfinite(output).all():
        raise BackendError(
            f"output {name!r} is not finite ({int((~np.isfinite(output)).sum())} of {output.size} values):"
            " this photograph has no result; where it happens again, use another precision"
        )
