"""What is worked out on the way, kept until the end so that a broken run goes on where it stopped."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor


class Work:
    """A folder of tensors by name, for one order alone.

    Args:
        folder: Where it lies; other orders' work in it is left alone.
        order: Everything that the tensors depend on.
    """

    def __init__(self, folder: Path, order: str) -> None:
        self._folder = folder / hashlib.sha256(order.encode()).hexdigest()[:16]

    def kept(self, name: str, make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
        """The tensors of that name: read where they are there, else made and kept."""
        path = self._folder / f"{name}.pt"
        if path.is_file():
            read: dict[str, Tensor] = torch.load(path, weights_only=True)
            return read
        made = make()
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        torch.save(made, partial)
        partial.replace(path)
        return made

    def done(self) -> None:
        """Nothing of it is needed any more."""
        if self._folder.is_dir():
            shutil.rmtree(self._folder)
        if self._folder.parent.is_dir() and not any(self._folder.parent.iterdir()):
            self._folder.parent.rmdir()
