"""What a bundle's networks said of one photograph, as it is kept between runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.codes import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Prediction:
    """Everything that a yardstick may ask of a photograph.

    Attributes:
        opinion: The score network's own mean opinion score, 0..100, high is good.
        score: The reported score, 0..100: the opinion weighed with the map.
        verdict: The gate's verdict.
        map: (16, 16) float32, 0..1 with 1 = anatomy cannot be seen, every cell as the network gave it.
        cells: (16, 16) bool, the cells that lie in the visible field.
        box: x0, y0, x1, y1, the square of the photograph's own pixels that the map covers; may reach past its edges.
        size: Height and width of the photograph, pixels.
    """

    opinion: float
    score: float
    verdict: Verdict
    map: NDArray[np.float32]
    cells: NDArray[np.bool_]
    box: tuple[int, int, int, int]
    size: tuple[int, int]

    def to_text(self) -> str:
        """One line of JSON; `from_text` gives back the same numbers to the last bit."""
        return json.dumps(
            {
                "opinion": self.opinion,
                "score": self.score,
                "verdict": self.verdict.value,
                # float32 to float64 and back is exact
                "map": self.map.astype(float).tolist(),
                "cells": self.cells.astype(int).tolist(),
                "box": list(self.box),
                "size": list(self.size),
            },
            allow_nan=False,
        )

    @classmethod
    def from_text(cls, text: str) -> Prediction:
        """Read what `to_text` wrote.

        Raises:
            ValueError: It is something else.
            KeyError: A part is missing.
        """
        held = json.loads(text)
        x0, y0, x1, y1 = held["box"]
        height, width = held["size"]
        return cls(
            opinion=float(held["opinion"]),
            score=float(held["score"]),
            verdict=Verdict(held["verdict"]),
            map=np.asarray(held["map"], dtype=np.float32).reshape(16, 16),
            cells=np.asarray(held["cells"], dtype=np.bool_).reshape(16, 16),
            box=(int(x0), int(y0), int(x1), int(y1)),
            size=(int(height), int(width)),
        )
