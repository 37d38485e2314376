"""Phantom eyes with their exact vessels, rendered once and kept: what the vessel network learns from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.phantom import CAMERAS, render
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.preprocessing import frame_disc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

RENDERED = 384
"""Pixels a side that eyes are drawn at."""
KEPT = 320
"""Pixels a side of the framed disc: more than the networks see, so that a closer view need not be enlarged."""


@dataclass(frozen=True)
class PhantomBank:
    """N good photographs of eyes that never were.

    Attributes:
        rgb: N x S x S x 3 uint8, framed about the disc, 0 outside.
        inside: N x S x S boolean.
        vessels: N x S x S uint8, share of each pixel that a vessel covers, 0..255.
    """

    rgb: NDArray[np.uint8]
    inside: NDArray[np.bool_]
    vessels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.rgb)


def phantom_bank(count: int, seed: int, kept_in: Path | None, step: Callable[[], None] = lambda: None) -> PhantomBank:
    """Render eyes, each by the next of the phantom's cameras.

    Args:
        count: How many.
        seed: Of the first eye.
        kept_in: Folder to keep them in and to take them from; None renders them anew.
        step: Called after each.
    """
    path = None if kept_in is None else kept_in / f"phantoms-{seed}-{count}-{KEPT}.npz"
    if path is not None and path.is_file():
        with np.load(path) as held:
            return PhantomBank(held["rgb"], held["inside"], held["vessels"])
    names = sorted(CAMERAS)
    pictures, masks, vessels = [], [], []
    for index in range(count):
        phantom = render(seed + index, size=RENDERED, camera=names[index % len(names)])
        disc = find_disc(phantom.rgb)
        framed = frame_disc(phantom.rgb, disc, KEPT)
        coverage = np.round(phantom.vessels * 255).astype(np.uint8)
        pictures.append(framed.rgb)
        masks.append(framed.inside)
        vessels.append(frame_disc(np.dstack([coverage] * 3), disc, KEPT).rgb[..., 0])
        step()
    bank = PhantomBank(np.stack(pictures), np.stack(masks), np.stack(vessels))
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        np.savez_compressed(partial, rgb=bank.rgb, inside=bank.inside, vessels=bank.vessels)
        partial.replace(path)
    return bank
