"""What was measured of one precision, and what of it breaks the budget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fundusgate.export.accuracy.figures import Flips, MapFigures, ScoreFigures
from fundusgate.export.specs import ExportError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.export.accuracy.budget import Budget


@dataclass(frozen=True)
class NetworkReport:
    """One network in one precision, the others left in fp32."""

    name: str
    figures: ScoreFigures | MapFigures
    flips: Flips
    quantized: tuple[str, ...]
    """Layers in INT8."""
    in_float: dict[str, str]
    """Why, by layer that is not."""
    ranking: tuple[tuple[str, float], ...]
    """Layers by what quantizing each alone costs, the worst first; empty where nobody had to look."""
    violations: tuple[str, ...]
    largest: dict[str, float]
    """Largest absolute difference by output name, in the output's own units."""
    pairs: tuple[NDArray[np.float64], NDArray[np.float64]] = field(repr=False, compare=False)
    """fp32's values and these, for the plot: scores, or cells of the visible field."""
    bias_correction: float | None = None
    """Points that the graph adds to every score because it was that much too low on average over calibration
    photographs; None where nothing was corrected."""
    uncorrected: ScoreFigures | None = None
    """The figures that it would have without."""


@dataclass(frozen=True)
class TargetReport:
    """One precision: each network alone, and all together."""

    precision: str
    photographs: int
    networks: tuple[NetworkReport, ...]
    flips: Flips
    """With every network of the gate in this precision."""
    violations: tuple[str, ...]
    """Of all networks together."""

    @property
    def within_budget(self) -> bool:
        """Whether nothing breaks the budget."""
        return not self.violations and not any(network.violations for network in self.networks)

    def every_violation(self) -> list[str]:
        """Everything that breaks the budget, each with whose it is."""
        own = [f"{network.name}: {what}" for network in self.networks for what in network.violations]
        return [*own, *(f"together: {what}" for what in self.violations)]


class BudgetError(ExportError):
    """A precision that costs more than the budget allows, whatever is put back in float."""

    def __init__(self, report: TargetReport) -> None:
        self.report = report
        super().__init__(
            f"{report.precision} costs more than the budget allows even with layers put back in float"
            f" ({'; '.join(report.every_violation())}): calibrate on more photographs or with another --method,"
            " or state another --budget; the report shows what each layer costs"
        )


def figure_violations(figures: ScoreFigures | MapFigures, budget: Budget) -> list[str]:
    """What of a network's own figures breaks the budget."""
    if isinstance(figures, MapFigures):
        if figures.mean > budget.map_mean:
            return [f"map differs by {figures.mean:.4f} on average, over {budget.map_mean:g}"]
        return []
    found = []
    if figures.srcc < budget.score_srcc:
        found.append(f"score SRCC {figures.srcc:.4f}, under {budget.score_srcc:g}")
    if figures.p99 > budget.score_p99:
        found.append(f"score differs by {figures.p99:.2f} points in the 99th percentile, over {budget.score_p99:g}")
    return found


def flip_violations(flips: Flips, budget: Budget) -> list[str]:
    """What of the verdicts that changed breaks the budget."""
    found = []
    if flips.total.share > budget.flips:
        found.append(f"verdicts flip on {flips.total}, over {100 * budget.flips:g} %")
    if flips.total.high > budget.flips_upper:
        found.append(f"verdict flips {flips.total}: the interval ends over {100 * budget.flips_upper:g} %")
    return found


def worst_network(networks: Sequence[NetworkReport]) -> list[NetworkReport]:
    """Networks in the order in which a search shall mend them: those with violations first, then by flips."""
    return sorted(networks, key=lambda network: (not network.violations, -network.flips.total.hits))
