"""What was measured, as JSON and as a table of every photograph."""

from __future__ import annotations

import csv
import json
import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fundusgate import __version__
from fundusgate.evaluation.report.troubles import trouble_counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fundusgate.evaluation.bootstrap import Estimate
    from fundusgate.evaluation.data_sets.base import Item, Trouble
    from fundusgate.evaluation.evaluate import Measured

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Results:
    """One evaluation, ready to be told.

    Attributes:
        data_set: Its name.
        networks: Version by network name.
        framings: How each network sees a photograph, in words, by its name.
        thresholds: Working points that turn scores and maps into grades and regions.
        bundle_sha256: Of the bundle's manifest.
        labelled: Photographs with a label and a file.
        judged: Those that every precision judged.
        patients: Patients among them.
        troubles: What was left out and why.
        remarks: Sentences that belong beside the figures.
        measured: The figures.
        resamples: Of the bootstrap.
        seed: Of the bootstrap.
    """

    data_set: str
    networks: Mapping[str, str]
    framings: Mapping[str, str]
    thresholds: Mapping[str, Any]
    bundle_sha256: str
    labelled: int
    judged: int
    patients: int
    troubles: tuple[Trouble, ...]
    remarks: tuple[str, ...]
    measured: tuple[Measured, ...]
    resamples: int
    seed: int

    def to_json_object(self) -> dict[str, Any]:
        """Plain types only; what is undefined is null."""
        return {
            "schema_version": SCHEMA_VERSION,
            "fundusgate": __version__,
            "data_set": self.data_set,
            "bundle_sha256": self.bundle_sha256,
            "networks": dict(self.networks),
            "framings": dict(self.framings),
            "thresholds": dict(self.thresholds),
            "photographs": {"labelled": self.labelled, "judged": self.judged, "patients": self.patients},
            "bootstrap": {
                "resamples": self.resamples,
                "seed": self.seed,
                "unit": "patient",
                "interval": "percentile 95 %",
            },
            "remarks": list(self.remarks),
            "figures": [_figure(measured) for measured in self.measured],
            "trouble_counts": trouble_counts(self.troubles),
            "troubles": [{"kind": one.kind.value, "what": one.what, "reason": one.reason} for one in self.troubles],
        }


def write_results(results: Results, path: Path) -> Path:
    """Write the JSON, whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    partial = path.with_name(path.name + ".part")
    text = json.dumps(results.to_json_object(), indent=1, allow_nan=False, ensure_ascii=False)
    partial.write_text(text + "\n", encoding="utf-8")
    os.replace(partial, path)  # noqa: PTH105 - replaces what an earlier run left
    return path


def write_photographs(
    items: Sequence[Item[Any]], rows: Mapping[str, Sequence[Mapping[str, object]]], path: Path
) -> Path:
    """Write one line for each photograph and precision, as CSV.

    Args:
        items: The photographs.
        rows: A yardstick's rows in the same order, by precision.
        path: The file.

    Raises:
        OSError: It cannot be written.
    """
    columns = list(next(iter(rows.values()))[0])
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ["photograph", "patient", "precision", *columns])
        writer.writeheader()
        for precision, lines in rows.items():
            for item, line in zip(items, lines, strict=True):
                writer.writerow({"photograph": item.name, "patient": item.patient, "precision": precision, **line})
    return path


def _figure(measured: Measured) -> dict[str, Any]:
    return {
        "reading": measured.key.reading,
        "metric": measured.key.metric,
        "fold": measured.key.fold or None,
        "values": {precision: _estimate(one) for precision, one in measured.values.items()},
        "difference": None if measured.difference is None else _estimate(measured.difference),
    }


def _estimate(one: Estimate) -> dict[str, float | None]:
    return {"value": None if math.isnan(one.value) else one.value, "low": one.low, "high": one.high}
