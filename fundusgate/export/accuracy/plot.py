"""The accuracy report as one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from fundusgate.export.accuracy.figures import ScoreFigures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from fundusgate.export.accuracy.budget import Budget
    from fundusgate.export.accuracy.reports import NetworkReport, TargetReport

_BLUE, _RED, _GREY = "#1f5fa8", "#b3261e", "#8a8a8a"


def plot_accuracy(targets: Sequence[TargetReport], budget: Budget, path: Path) -> None:
    """Draw one row a precision: each network against fp32, and the verdicts that flip by quality band.

    Args:
        targets: At least one.
        budget: Its limits are drawn.
        path: A PNG.

    Raises:
        OSError: The disk refused.
    """
    columns = 1 + max(len(target.networks) for target in targets)
    figure = Figure(figsize=(4.2 * columns, 3.6 * len(targets)), layout="constrained")
    grid = figure.subplots(len(targets), columns, squeeze=False)
    for row, target in zip(grid, targets, strict=True):
        for axes in row:
            axes.set_axis_off()
        for axes, network in zip(row, target.networks, strict=False):
            axes.set_axis_on()
            draw = _draw_scores if isinstance(network.figures, ScoreFigures) else _draw_cells
            draw(axes, network, budget)
            axes.set_title(f"{network.name}, {target.precision}", fontsize=10)
        row[-1].set_axis_on()
        _draw_flips(row[-1], target, budget)
    figure.savefig(path, dpi=110)


def _draw_scores(axes: Axes, network: NetworkReport, budget: Budget) -> None:
    one, other = network.pairs
    axes.axhspan(-budget.score_p99, budget.score_p99, color=_GREY, alpha=0.18, lw=0)
    axes.axhline(0, color=_GREY, lw=0.8)
    axes.plot(one, other - one, ".", color=_BLUE, ms=3, alpha=0.6)
    reach = max(1.3 * budget.score_p99, 1.1 * float(np.abs(other - one).max()))
    axes.set_ylim(-reach, reach)
    axes.set_xlabel("score in fp32, points")
    axes.set_ylabel("difference, points")


def _draw_cells(axes: Axes, network: NetworkReport, budget: Budget) -> None:
    one, other = network.pairs
    apart = np.maximum(np.abs(other - one), 1e-6)
    axes.hist(apart, bins=[float(edge) for edge in np.logspace(-6, 0, 49)], color=_BLUE)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.axvline(float(apart.mean()), color=_BLUE, lw=1.2, ls="--", label=f"mean {apart.mean():.4f}")
    axes.axvline(budget.map_mean, color=_RED, lw=1.2, label=f"limit of the mean {budget.map_mean:g}")
    axes.set_xlabel("difference of a cell, 0..1")
    axes.set_ylabel("cells")
    axes.legend(fontsize=8)


def _draw_flips(axes: Axes, target: TargetReport, budget: Budget) -> None:
    shares = {"all": target.flips.total, **{k: v for k, v in target.flips.by_band.items() if v.trials}}
    at = np.arange(len(shares))
    middle = np.array([100 * share.share for share in shares.values()])
    low = middle - np.array([100 * share.low for share in shares.values()])
    high = np.array([100 * share.high for share in shares.values()]) - middle
    axes.errorbar(at, middle, yerr=(np.maximum(low, 0), high), fmt="o", color=_BLUE, capsize=4)
    axes.axhline(100 * budget.flips, color=_RED, lw=1.2, label=f"limit {100 * budget.flips:g} %")
    axes.axhline(100 * budget.flips_upper, color=_RED, lw=1.2, ls=":", label="limit of the interval (all)")
    labels = [f"{name}\n{share.hits}/{share.trials}" for name, share in shares.items()]
    axes.set_xticks(at, labels)
    axes.set_xlim(-0.6, len(shares) - 0.4)
    axes.set_ylim(0, 1.35 * max(100 * budget.flips_upper, float((middle + high).max())))
    axes.set_ylabel("verdicts that flip, %")
    axes.set_title(f"verdicts, {target.precision}", fontsize=10)
    axes.legend(fontsize=8, loc="upper right")
