"""The multinomial logistic regression behind `fundusgate/runtime/causes.toml`: which cues, on what, how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from fundusgate.runtime.cause_model import LOG_FLOOR

from .cases import CODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .cases import Case

    Figures = Sequence[dict[str, float]]

CUES = {
    "sharpness.fine_to_coarse": "log",
    "sharpness.detail": "log",
    "sharpness.anisotropy": "figure",
    "exposure.mean": "log",
    "exposure.upper": "log",
    "exposure.dark_fraction": "figure",
    "exposure.bright_fraction": "log",
    "exposure.empty_fraction": "log",
    "layout.peak": "log",
    "layout.outer": "figure",
    "layout.dark": "figure",
    "layout.depth_top": "figure",
    "layout.depth_bottom": "figure",
    "layout.white_top": "figure",
    "layout.white_bottom": "figure",
    "layout.seen_top": "figure",
    "layout.seen_bottom": "figure",
    "rim.haze_top": "figure",
    "rim.haze_bottom": "figure",
    "rim.lid_top": "figure",
    "rim.lid_bottom": "figure",
    "rim.shade_side": "figure",
    "rim.ring": "figure",
    "centring.field_fraction": "figure",
    "centring.lean_x": "amount",
    "spots.ghost": "figure",
    "spots.pale": "figure",
    "spots.pale_second": "figure",
    "spots.pale_wide": "figure",
    "spots.pale_radius": "figure",
    "haze.broad_contrast": "log",
    "haze.faint": "figure",
    "haze.veil": "figure",
    "network.contrast": "log",
    "network.extent": "log",
    "network.width": "figure",
}
"""Cues by name, and how each enters. Chosen among all by the size of their weights and by sides coming in pairs."""

LIMIT = 3.0
"""Scaled figures are held within this: no cue alone may decide, however far out."""
STRENGTH_AT_ZERO = 0.4
"""What a fault of no strength would be taught as; from there to 1 at full strength. The rest is "nothing"."""
PENALTY = 0.03
"""scikit-learn's C: small, because a fault by another hand has other figures."""
CLEAN_WEIGHT = 6.0
"""One photograph as it was taken weighs as many with a fault."""
NOTHING = "nothing"


@dataclass(frozen=True, eq=False)
class Weights:
    """What `causes.toml` holds.

    Attributes:
        centre: (cues,) of the figures as they enter.
        scale: (cues,) of the same.
        bias: (codes,) against "nothing".
        weights: (codes, cues) against "nothing".
    """

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    bias: NDArray[np.float64]
    weights: NDArray[np.float64]

    def shares(self, entering: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, codes) of (N, cues) as `entering` gives them."""
        logits = scaled(entering, self.centre, self.scale) @ self.weights.T + self.bias
        parts = np.exp(logits)
        return np.asarray(parts / (1 + parts.sum(axis=1, keepdims=True)))


def entering(figures: Figures) -> NDArray[np.float64]:
    """(N, cues) figures after the logarithm or the amount, before scaling; infinite where a cue has none."""
    raw = np.array([[row[name] for name in CUES] for row in figures])
    for column, kind in enumerate(CUES.values()):
        if kind == "log":
            raw[:, column] = np.log(np.maximum(raw[:, column], 0) + LOG_FLOOR)
        elif kind == "amount":
            raw[:, column] = np.abs(raw[:, column])
    return raw


def scaled(raw: NDArray[np.float64], centre: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Figures as the weights see them."""
    return np.clip(np.nan_to_num((raw - centre) / scale, posinf=LIMIT, neginf=-LIMIT), -LIMIT, LIMIT)


def fit(cases: Sequence[Case], raw: NDArray[np.float64]) -> Weights:
    """Fit on cases with one fault, with two (half each), and with none.

    Args:
        cases: what was done to each.
        raw: (N, cues) of `entering`.
    """
    finite = np.where(np.isfinite(raw), raw, np.nan)
    centre, scale = np.nanmean(finite, axis=0), np.nanstd(finite, axis=0) + 1e-6
    rows: list[int] = []
    taught: list[str] = []
    weight: list[float] = []
    for row, case in enumerate(cases):
        share = STRENGTH_AT_ZERO + (1 - STRENGTH_AT_ZERO) * case.strength
        parts = {code.value: share / len(case.codes) for code in case.codes}
        parts[NOTHING] = CLEAN_WEIGHT if not case.codes else 1 - sum(parts.values())
        for name, part in parts.items():
            if part > 0:
                rows.append(row)
                taught.append(name)
                weight.append(part)
    # scikit-learn's C weighs the sum over the cases: held to a set's size, so that more cases do not loosen it
    strictness = PENALTY * 2500 / len(cases)
    inputs = scaled(raw, centre, scale)[rows]
    regression = LogisticRegression(C=strictness, max_iter=1000).fit(inputs, taught, sample_weight=weight)
    place = {name: index for index, name in enumerate(regression.classes_)}
    order = [place[code.value] for code in CODES]
    nothing = place[NOTHING]
    return Weights(
        centre=centre,
        scale=scale,
        bias=regression.intercept_[order] - regression.intercept_[nothing],
        weights=regression.coef_[order] - regression.coef_[nothing],
    )


def as_toml(weights: Weights, note: str) -> str:
    """The text of `causes.toml`."""
    lines = [*(f"# {line}".rstrip() for line in note.splitlines()), "", f"limit = {LIMIT}", "", "[cues]"]
    for name, kind, centre, scale in zip(CUES, CUES.values(), weights.centre, weights.scale, strict=True):
        lines.append(f'"{name}" = {{ as = "{kind}", centre = {centre:.4f}, scale = {scale:.4f} }}')
    lines += ["", "[bias]", *(f"{code.value} = {bias:.3f}" for code, bias in zip(CODES, weights.bias, strict=True))]
    for code, row in zip(CODES, weights.weights, strict=True):
        lines += ["", f"[weights.{code.value}]"]
        lines += [f'"{name}" = {value:.3f}' for name, value in zip(CUES, row, strict=True)]
    return "\n".join(lines) + "\n"
