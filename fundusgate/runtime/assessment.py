"""What the runtime says of one photograph: immutable, typed, and one JSON object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fundusgate.runtime.causes import Cause
from fundusgate.runtime.guidance import ADVICE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fundusgate.codes import CauseCode, RetakeHelps, Verdict

__all__ = ["Assessment", "Cause"]


@dataclass(frozen=True, eq=False)
class Assessment:
    """The runtime's word on one photograph.

    Attributes:
        verdict: what to do with it.
        score: mean opinion score, 0..100, high is good.
        degraded_fraction: degraded cells over cells inside the disc, 0..1.
        map: (16, 16) float32, read-only, 0..1 with 1 = anatomy cannot be seen; not-a-number outside the disc.
        box: x0, y0, x1, y1, the square of the photograph's own pixels that the map covers; may reach past its edges.
        causes: reasons, the one to mend first at the front.
        main: code of the main reason; None where there is nothing to say.
        prompt: the one line for the operator.
        precision: the variant of the graphs that ran, such as "fp32".
        models: version by network name.
        elapsed_ms: milliseconds by stage, see `runtime.stopwatch`.
    """

    verdict: Verdict
    score: float
    degraded_fraction: float
    map: NDArray[np.float32]
    box: tuple[int, int, int, int]
    causes: tuple[Cause, ...]
    main: CauseCode | None
    prompt: str
    precision: str
    models: Mapping[str, str]
    elapsed_ms: Mapping[str, float]

    @property
    def retake_helps(self) -> RetakeHelps | None:
        """Whether another attempt helps against the main reason; None where there is none."""
        return None if self.main is None else ADVICE[self.main].retake_helps

    def to_json_object(self) -> dict[str, Any]:
        """The object of `fundusgate assess --json`, without the "image" key that the caller adds.

        Returns:
            Plain types only; the map as 16 rows of 16 with None outside the disc, rounded to four decimals.
        """
        rows = [[None if np.isnan(cell) else round(float(cell), 4) for cell in row] for row in self.map]
        return {
            "verdict": self.verdict.value,
            "score": round(self.score, 2),
            "degraded_fraction": round(self.degraded_fraction, 4),
            "map": rows,
            "box": [int(edge) for edge in self.box],
            "causes": [{"code": cause.code.value, "severity": round(cause.severity, 3)} for cause in self.causes],
            "prompt": self.prompt,
            "precision": self.precision,
            "models": dict(self.models),
            "elapsed_ms": {stage: round(time, 3) for stage, time in self.elapsed_ms.items()},
        }
