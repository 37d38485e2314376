"""The accuracy report: text for people, JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fundusgate.export.accuracy.figures import MapFigures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fundusgate.export.accuracy.budget import Budget
    from fundusgate.export.accuracy.reports import NetworkReport, TargetReport

TEXT_NAME, JSON_NAME, PLOT_NAME = "accuracy.txt", "accuracy.json", "accuracy.png"
WORST_SHOWN = 10
"""Layers of a ranking that the text names; the JSON names all."""


@dataclass(frozen=True)
class AccuracyReport:
    """Everything that was measured for one bundle."""

    calibration_sha256: str
    method: str
    budget: Budget
    engine: str
    """What ran the graphs."""
    targets: tuple[TargetReport, ...]

    def to_json_object(self) -> dict[str, Any]:
        """Plain types only."""
        targets = []
        for target in self.targets:
            content = asdict(target)
            for network in content["networks"]:
                del network["pairs"]
            targets.append(content | {"within_budget": target.within_budget})
        return {
            "calibration_sha256": self.calibration_sha256,
            "method": self.method,
            "engine": self.engine,
            "budget": self.budget.model_dump(),
            "targets": targets,
        }

    def to_text(self) -> str:
        """A page for people."""
        lines = [
            f"Accuracy against fp32, on {self.engine}",
            f"calibration {self.calibration_sha256[:12]}, ranges by {self.method}",
        ]
        for target in self.targets:
            verdict = "within the budget" if target.within_budget else "OVER THE BUDGET"
            lines += ["", f"{target.precision}: {verdict}, {target.photographs} photographs"]
            lines += [f"  verdicts that flip, all networks: {target.flips.total}"]
            lines += [f"    {band}: {share}" for band, share in target.flips.by_band.items() if share.trials]
            lines += [f"    {count} x {change}" for change, count in target.flips.changes.items()]
            for network in target.networks:
                lines += _network_lines(network)
            lines += [f"  ! {what}" for what in target.every_violation()]
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> None:
        """Write text, JSON and plot.

        Raises:
            OSError: The disk refused.
        """
        from fundusgate.export.accuracy.plot import plot_accuracy

        folder.mkdir(parents=True, exist_ok=True)
        (folder / TEXT_NAME).write_text(self.to_text(), encoding="utf-8")
        (folder / JSON_NAME).write_text(json.dumps(self.to_json_object(), indent=1) + "\n", encoding="utf-8")
        plot_accuracy(self.targets, self.budget, folder / PLOT_NAME)


def _network_lines(network: NetworkReport) -> Sequence[str]:
    figures = network.figures
    if isinstance(figures, MapFigures):
        said = f"map differs by {figures.mean:.4f} on average, {figures.p99:.4f} in the 99th percentile"
        said += f", Dice {figures.dice:.4f}"
    else:
        said = f"SRCC {figures.srcc:.4f}, PLCC {figures.plcc:.4f}, differs by {figures.mean:.2f} points on average"
        said += f", {figures.p99:.2f} in the 99th percentile"
    lines = [f"  {network.name}: {said}", f"    flips alone: {network.flips.total}"]
    if network.quantized or network.in_float:
        lines.append(f"    {len(network.quantized)} layers in INT8, {len(network.in_float)} in float")
    if network.bias_correction is not None and network.uncorrected is not None:
        lines.append(
            f"    corrected by {network.bias_correction:+.3f} points, its mean error on calibration photographs;"
        )
        mean, p99 = network.uncorrected.mean, network.uncorrected.p99
        lines.append(f"    without, it would differ by {mean:.2f} on average, {p99:.2f} in the 99th percentile")
    for name, cost in network.ranking[:WORST_SHOWN]:
        state = "put back in float" if name in network.in_float else "INT8"
        lines.append(f"    costs {cost:.4g} alone: {name} ({state})")
    return lines
