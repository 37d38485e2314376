"""The candidates side by side, for people and as one JSON object."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from rich.table import Table

from fundusgate.training.photographs import Quality

from .figures import by_quality, group_auc, worst_across

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .figures import Auc, Column
    from .groups import Item

NOTHING = "-"


class Sheet:
    """Tables and the figures in them, filled together."""

    def __init__(self, columns: Sequence[Column], items: Sequence[Item]) -> None:
        self.columns, self.items = columns, items
        self.groups = list(dict.fromkeys(item.group for item in items))
        self.tables: list[Table] = []
        self.figures: dict[str, dict[str, dict[str, object]]] = {}

    def _table(self, title: str, first: str) -> Table:
        table = Table(title=title, title_justify="left")
        table.add_column(first)
        for column in self.columns:
            table.add_column(column.label, justify="right")
        self.tables.append(table)
        return table

    def areas(self, title: str, rows: Sequence[tuple[str, str, str]]) -> None:
        """AUC good over reject.

        Args:
            title: Of the table.
            rows: Name, group and camera of each line; a line without both classes is left out.
        """
        table, kept = self._table(title, "good over reject"), self.figures.setdefault(title, {})
        by_column: list[list[float]] = [[] for _ in self.columns]
        for name, group, camera in rows:
            found = [group_auc(column, self.items, group, camera) for column in self.columns]
            if not found or found[0] is None:
                continue
            counted = f"{name}  ({found[0].good}/{found[0].reject})"
            table.add_row(counted, *(_told(area) for area in found))
            kept[name] = {
                column.label: [round(area.value, 4), round(area.half, 4)]
                for column, area in zip(self.columns, found, strict=True)
                if area is not None
            }
            for values, area in zip(by_column, found, strict=True):
                values += [area.value] if area is not None else []
        if len(kept) > 1:
            table.add_section()
            for name, summary in (("mean", statistics.fmean), ("worst", min)):
                table.add_row(name, *(f"{summary(values):.3f}" for values in by_column))
                kept[name] = {
                    column.label: round(summary(values), 4)
                    for column, values in zip(self.columns, by_column, strict=True)
                }

    def equal_label(self) -> None:
        """Mean and deviation by source at equal label, then the worst pair across sources."""
        title = "mean (deviation) by source at equal label"
        table, kept = self._table(title, "label, source"), self.figures.setdefault(title, {})
        for quality in Quality:
            means: list[list[float]] = [[] for _ in self.columns]
            for group in self.groups:
                found = by_quality(self.items, group, quality)
                if len(found) < 2:
                    continue
                cells = []
                for column, of_column in zip(self.columns, means, strict=True):
                    values = [column.value(item) for item in found]
                    of_column.append(statistics.fmean(values))
                    cells.append(f"{of_column[-1]:.1f} ({statistics.stdev(values):.1f})")
                table.add_row(f"{quality.value}, {group}  ({len(found)})", *cells)
                kept[f"{quality.value}, {group}"] = {
                    column.label: round(of_column[-1], 2) for column, of_column in zip(self.columns, means, strict=True)
                }
            if means and len(means[0]) > 1:
                spread = [max(values) - min(values) for values in means]
                table.add_row(f"{quality.value}: largest difference", *(f"{value:.1f}" for value in spread))
                kept[f"{quality.value}: largest difference"] = {
                    column.label: round(value, 2) for column, value in zip(self.columns, spread, strict=True)
                }
            table.add_section()
        worst = [worst_across(column, self.items, self.groups) for column in self.columns]
        table.add_row(
            "worst AUC, good of one source over reject of another",
            *(NOTHING if each is None else f"{each.area:.3f}\n{each.good_of} / {each.reject_of}" for each in worst),
        )
        kept["worst AUC across sources"] = {
            column.label: [round(each.area, 4), each.good_of, each.reject_of]
            for column, each in zip(self.columns, worst, strict=True)
            if each is not None
        }


def _told(area: Auc | None) -> str:
    return NOTHING if area is None else f"{area.value:.3f} ±{area.half:.3f}"
