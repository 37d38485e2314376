"""Each source held out in turn, and what each checkpoint makes of it: the table by which a recipe is chosen."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from rich.table import Table

from .asking import ask
from .figures import columns_of, group_auc
from .held_out import train_without
from .judges import WeightsJudge
from .strange_cameras import STRANGE_CAMERAS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fundusgate.training.photographs import PhotographRecord

    from .groups import Item
    from .held_out import Trial


def groups_of(source: str, items: Sequence[Item]) -> list[str]:
    """The groups of a source in which both good photographs and rejects are known."""
    found = []
    for group in dict.fromkeys(item.group for item in items):
        qualities = {item.quality.value for item in items if item.group == group}
        if group.split(" ")[0] == source and {"good", "reject"} <= qualities:
            found.append(group)
    return found


def leave_each_out(
    trial: Trial,
    sources: Sequence[str],
    records: Sequence[PhotographRecord],
    items: Sequence[Item],
    strange_items: Callable[[str], list[Item]],
    answers: Path,
    tell: Callable[[str, int, int], None],
) -> tuple[Table, dict[str, dict[str, float]]]:
    """Train without each source and ask every checkpoint about it.

    Args:
        trial: How each training is done.
        sources: To hold out in turn.
        records: All photographs.
        items: Those that are judged.
        strange_items: Of a group, those that are also shown through the strange cameras.
        answers: Folder where answers are kept.
        tell: Called with (stage, done, all).

    Returns:
        The table and its figures, by source and checkpoint.
    """
    table = Table(title=f"{trial.name}: AUC on the source that was held out", title_justify="left")
    for heading in ("held out", "step", "its own photographs", "strange cameras, mean", "worst", "which"):
        table.add_column(heading, justify="left" if heading in ("held out", "which") else "right")
    figures: dict[str, dict[str, float]] = {}
    by_step: dict[int, list[float]] = {}
    for source in sources:
        groups = groups_of(source, items)
        checkpoints = train_without(
            source, trial, records, lambda done, every, s=source: tell(f"framing without {s}", done, every)
        )
        for step, weights in checkpoints.items():
            judge = WeightsJudge("candidate", trial.name, weights)
            own = [item for item in items if item.group in groups]
            strange = [item for group in groups[:1] for item in strange_items(group)]
            questions = [(item, "") for item in own]
            questions += [(item, camera) for camera in STRANGE_CAMERAS for item in strange]
            (known,) = ask([judge], questions, answers, lambda _: None)
            tell(f"judged without {source}", step, trial.steps)
            (column,) = columns_of([judge], [known])
            areas = [area.value for group in groups if (area := group_auc(column, own, group)) is not None]
            seen = {
                camera: area.value
                for camera in STRANGE_CAMERAS
                if groups and (area := group_auc(column, strange, groups[0], camera)) is not None
            }
            worst = min(seen, key=seen.__getitem__, default="")
            of_own = statistics.fmean(areas)
            row = {"own": of_own}
            if seen:
                row |= {"strange": statistics.fmean(seen.values()), f"worst, {worst}": seen[worst]}
            figures[f"{source} {step}"] = {name: round(value, 4) for name, value in row.items()}
            by_step.setdefault(step, []).extend([of_own, *([row["strange"]] if seen else [])])
            cells = (f"{row['strange']:.3f}", f"{seen[worst]:.3f}", worst) if seen else ("-", "-", "")
            table.add_row(source, str(step), f"{of_own:.3f}", *cells)
        table.add_section()
    for step, values in by_step.items():
        table.add_row("mean of all", str(step), f"{statistics.fmean(values):.3f}", "", f"{min(values):.3f}", "")
        figures[f"all {step}"] = {"mean": round(statistics.fmean(values), 4), "worst": round(min(values), 4)}
    return table, figures
