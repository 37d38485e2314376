"""Plots of what was measured: scores against opinions, confusion matrices, ROC curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_INK = "#20303c"
_POINTS = "#2a6f97"
_LINE = "#c1121f"
_CURVES = ("#2a6f97", "#e07a1f", "#5a8f3c", "#8e5ea2")
_DOTS = 150


@dataclass(frozen=True)
class Scatter:
    """One panel of points.

    Attributes:
        title: What it shows.
        truth: Mean opinion scores, 0..100.
        scores: Predicted ones.
    """

    title: str
    truth: Sequence[float]
    scores: Sequence[float]


@dataclass(frozen=True, eq=False)
class Confusion:
    """One confusion matrix.

    Attributes:
        title: What it shows.
        labels: The classes.
        matrix: (n, n) counts, a row for each true class.
    """

    title: str
    labels: Sequence[str]
    matrix: NDArray[np.int64]


@dataclass(frozen=True)
class Roc:
    """One ROC curve.

    Attributes:
        title: What it shows.
        truth: Whether each is positive.
        values: High speaks for positive.
        weights: How often each counts; None for once.
    """

    title: str
    truth: Sequence[bool]
    values: Sequence[float]
    weights: Sequence[float] | None = None


def draw_scatter(panels: Sequence[Scatter], columns: int, path: Path) -> Path:
    """Scores against opinions, with the line on which they are the same.

    Args:
        panels: The panels, row by row.
        columns: Panels a row.
        path: The PNG to write.
    """
    figure, axes = _grid(len(panels), columns, side=4.2)
    for axis, panel in zip(axes, panels, strict=False):
        axis.plot([0, 100], [0, 100], color=_LINE, linewidth=1.2, label="score = opinion")
        see_through = 0.8 if len(panel.truth) < 200 else 0.35
        axis.scatter(panel.truth, panel.scores, s=11, color=_POINTS, alpha=see_through, linewidths=0, zorder=3)
        axis.set(xlim=(0, 100), ylim=(0, 100), xlabel="mean opinion score", ylabel="score", title=panel.title)
        axis.set_aspect("equal")
        axis.grid(color="0.9", linewidth=0.6)
        axis.legend(loc="upper left", frameon=False, fontsize=8)
    return _save(figure, path)


def draw_confusions(panels: Sequence[Confusion], columns: int, path: Path) -> Path:
    """Confusion matrices: the shade and the percentage are each row's share, the number below is the count.

    Args:
        panels: The panels, row by row.
        columns: Panels a row.
        path: The PNG to write.
    """
    figure, axes = _grid(len(panels), columns, side=3.9)
    for axis, panel in zip(axes, panels, strict=False):
        matrix = np.asarray(panel.matrix)
        share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for (row, column), part in np.ndenumerate(share):
            ink = "white" if part > 0.55 else _INK
            count = _short(int(matrix[row, column]))
            text = f"{100 * part:.0f} %\n{count}" if matrix[row].any() else "none"
            axis.text(column, row, text, ha="center", va="center", color=ink, fontsize=9)
        ticks = range(len(panel.labels))
        axis.set_xticks(ticks, panel.labels)
        axis.set_yticks(ticks, panel.labels, rotation=90, va="center")
        axis.set(xlabel="predicted", ylabel="annotated")
        axis.set_title(panel.title, fontsize=9)
        axis.tick_params(length=0)
        for side in axis.spines.values():
            side.set_visible(False)
    return _save(figure, path)


def draw_rocs(title: str, curves: Sequence[Roc], path: Path) -> Path:
    """ROC curves in one panel; a curve that is undefined (one class alone) is named without a line.

    Args:
        title: Which class against which.
        curves: The curves.
        path: The PNG to write.
    """
    from sklearn.metrics import auc, roc_curve

    figure, (axis,) = _grid(1, 1, side=5.0)
    axis.plot([0, 1], [0, 1], color="0.75", linewidth=1, linestyle=":")
    for index, curve in enumerate(curves):
        style: dict[str, Any] = {"color": _CURVES[index % len(_CURVES)], "linewidth": 1.6}
        # the second of two precisions mostly lies on the first
        style["linestyle"] = "-" if index % 2 == 0 else "--"
        held = {
            bool(one)
            for one, weight in zip(curve.truth, curve.weights or [1] * len(curve.truth), strict=True)
            if weight
        }
        if len(held) < 2:
            axis.plot([], [], label=f"{curve.title}: undefined", **style)
            continue
        fall, hit, _ = roc_curve(curve.truth, curve.values, sample_weight=curve.weights)
        axis.plot(fall, hit, label=f"{curve.title}: AUC {auc(fall, hit):.3f}", **style)
    axis.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), xlabel="1 - specificity", ylabel="sensitivity", title=title)
    axis.set_aspect("equal")
    axis.grid(color="0.9", linewidth=0.6)
    axis.legend(loc="lower right", fontsize=8, framealpha=0.9)
    return _save(figure, path)


def _grid(panels: int, columns: int, side: float) -> tuple[Any, list[Any]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = -(-panels // columns)
    figure = Figure(figsize=(side * columns, side * rows), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns, squeeze=False).ravel())


def _save(figure: Any, path: Path) -> Path:  # noqa: ANN401 - matplotlib loads only when something is drawn
    figure.savefig(path, dpi=_DOTS)
    return path


def _short(count: int) -> str:
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**4, "k")):
        if count >= size:
            unit = 10**3 if letter == "k" else size
            return f"{count / unit:.3g} {letter}"
    return str(count)
