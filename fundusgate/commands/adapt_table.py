"""An adaptation for people and for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from fundusgate.evaluation.bootstrap import Estimate
    from fundusgate.training.adaptation.figures import Figures
    from fundusgate.training.adaptation.outcome import Adaptation, AdaptationOrder


def table_of(done: Adaptation) -> Table:
    """A column for the weights as they were, for each candidate, and for what results."""
    from rich.table import Table

    columns = [(each.short, each.figures) for each in done.candidates]
    columns.append(("after" if done.written else "after (unchanged)", done.after))
    table = Table(title=_title(done), title_justify="left")
    table.add_column("")
    for heading, _ in columns:
        table.add_column(heading, justify="right")
    for name in _rows(done.after):
        table.add_row(name, *(_told(name, _rows(figures)[name]) for _, figures in columns))
    return table


def decisions_of(done: Adaptation) -> list[str]:
    """What was decided on each candidate, a sentence each."""
    return [
        f"{each.name}: merit {each.gain:+.3f}, in {each.sure:.0%} of resamples; "
        + ("adapted" if each.chosen else f"old weights kept, {each.why}")
        for each in done.candidates
        if each.network
    ]


def _title(done: Adaptation) -> str:
    counts = ", ".join(f"{count} {label}" for label, count in done.camera.counts().items())
    patients = len(set(done.camera.patients))
    return f"{len(done.camera.photographs)} photographs ({counts}) of {patients} patients, cross-validated by patient"


def _rows(figures: Figures) -> dict[str, Estimate]:
    areas = {"AUC, reported score": figures.auc, "AUC, map": figures.auc_map, "AUC, score": figures.auc_score}
    return areas | {f"kept, of {label.value}": share for label, share in figures.kept.items()}


def _told(name: str, figure: Estimate) -> str:
    scale, digits, unit = (100, 0, " %") if name.startswith("kept") else (1, 3, "")
    value = f"{scale * figure.value:.{digits}f}{unit}"
    if figure.low is None or figure.high is None:
        return value
    return f"{value}\n{scale * figure.low:.{digits}f} to {scale * figure.high:.{digits}f}"


def as_json_object(done: Adaptation) -> dict[str, object]:
    """Every figure with its interval, and what was decided why."""
    return {
        "photographs": done.camera.counts(),
        "patients": len(set(done.camera.patients)),
        "skipped": list(done.camera.skipped),
        "unlabelled": done.camera.unlabelled,
        "candidates": [
            {
                "name": each.name,
                "network": each.network,
                "gain": each.gain,
                "sure": each.sure,
                "chosen": each.chosen,
                "why": each.why,
                "figures": _figures(each.figures),
            }
            for each in done.candidates
        ],
        "after": _figures(done.after),
        "written": {name: str(path) for name, path in done.written.items()},
    }


def _figures(figures: Figures) -> dict[str, object]:
    return {
        "auc": asdict(figures.auc),
        "auc_map": asdict(figures.auc_map),
        "auc_score": asdict(figures.auc_score),
        "kept": {label.value: asdict(share) for label, share in figures.kept.items()},
        "merit": asdict(figures.merit),
    }


def export_line(done: Adaptation, order: AdaptationOrder) -> str:
    """What to type next."""
    from fundusgate.export.accuracy.budget import Budget
    from fundusgate.training.judging import MAP_NETWORK

    if not done.written:
        return "Nothing was written: no new weights are surely better on this camera than the old ones."
    old = {MAP_NETWORK: order.map_weights, order.score_name: order.score_weights}
    models = " ".join(f"--model {name}={done.written.get(name, path)}" for name, path in old.items())
    # As many again are held out to measure what INT8 changes: the fifty that adapt a camera prove nothing there.
    least = 2 * Budget.load().least_photographs()
    return (
        f"next: fundusgate export --out bundle {models} --calibration PHOTOGRAPHS\n"
        f"PHOTOGRAPHS: {least} or more, best of this camera, labels not needed; without --calibration the bundle is in"
        " float."
    )
