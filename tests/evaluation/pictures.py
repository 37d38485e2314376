"""Small phantom photographs and predictions whose figures can be worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from fundusgate.codes import Verdict
from fundusgate.evaluation.prediction import Prediction
from fundusgate.phantom import render

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def write_picture(path: Path, seed: int = 0, size: int = 64) -> Path:
    """A phantom's photograph, in the format that the ending names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(render(seed, size=size).rgb)).save(path)
    return path


def write_indexed(path: Path, regions: NDArray[np.uint8]) -> Path:
    """An annotation as FunPiQ has it: indexed PNG with its palette."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(regions)
    image.putpalette([0, 0, 0, 106, 153, 78, 232, 168, 56, 193, 69, 69])
    assert image.mode == "P"
    image.save(path)
    return path


def prediction(
    score: float = 80.0,
    opinion: float | None = None,
    verdict: Verdict = Verdict.ACCEPT,
    degraded: NDArray[np.float32] | None = None,
    cells: NDArray[np.bool_] | None = None,
    side: int = 64,
) -> Prediction:
    """A prediction for a square photograph that the map covers exactly."""
    return Prediction(
        opinion=score if opinion is None else opinion,
        score=score,
        verdict=verdict,
        map=np.zeros((16, 16), np.float32) if degraded is None else degraded.astype(np.float32),
        cells=np.ones((16, 16), bool) if cells is None else cells,
        box=(0, 0, side, side),
        size=(side, side),
    )


def write_csv(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    """A table of these lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path
