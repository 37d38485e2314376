"""What the scripted gate's camera sees: phantom pictures, with what is hidden in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.codes import CauseCode
from fundusgate.phantom import degrade, external_eye, render
from fundusgate.runtime.gate.state import Phase

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 512
CELLS = 16


@dataclass(frozen=True, eq=False)
class Scene:
    """One thing to see, and what a gate says of it."""

    rgb: NDArray[np.uint8]
    map: tuple[tuple[float | None, ...], ...] | None
    phase: Phase
    prompt: CauseCode | None
    promise: float
    score: float

    @property
    def hidden(self) -> float:
        cells = [cell for row in self.map or () for cell in row if cell is not None]
        return float(np.mean([cell > 0.5 for cell in cells])) if cells else 1.0

    def jpeg(self, side: int) -> bytes:
        scale = side / SIDE
        size = (round(SIDE * scale), round(SIDE * scale))
        small = cv2.resize(self.rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        done, encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
        assert done
        return encoded.tobytes()


@lru_cache(maxsize=1)
def scenes() -> dict[str, Scene]:
    """By name: outside, aim, focus, top, lid, good."""
    eye = render(11, SIDE)

    def spoilt(code: CauseCode, strength: float, score: float, phase: Phase = Phase.NEARLY) -> Scene:
        bad = degrade(eye.rgb, eye.field, code, strength, seed=3)
        share = cells(bad.hidden.astype(np.float32), eye.field)
        return Scene(bad.rgb, share, phase, code, 1 - bad.hidden_fraction(eye.field), score)

    good = Scene(eye.rgb, cells(np.zeros((SIDE, SIDE), np.float32), eye.field), Phase.READY, None, 1.0, 78.0)
    outside = Scene(external_eye(11, SIDE), None, Phase.NO_EYE, CauseCode.NOT_FUNDUS, 0.0, 0.0)
    return {
        "outside": outside,
        "aim": spoilt(CauseCode.OFF_CENTRE, 0.8, 22.0, Phase.ALIGNING),
        "focus": spoilt(CauseCode.FOCUS, 0.7, 35.0),
        "top": spoilt(CauseCode.CRESCENT_TOP, 0.8, 41.0),
        "lid": spoilt(CauseCode.LASH_LID, 0.7, 30.0),
        "good": good,
    }


def cells(hidden: NDArray[np.float32], field: NDArray[np.bool_]) -> tuple[tuple[float | None, ...], ...]:
    size = (CELLS, CELLS)
    share = cv2.resize(hidden, size, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(field.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    return tuple(
        tuple(float(value) if seen else None for value, seen in zip(row, mask, strict=True))
        for row, mask in zip(share, inside, strict=True)
    )
