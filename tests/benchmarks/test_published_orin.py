"""Published latencies against the estimate: the table of the docs, and the constants that it stands on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.marked import between
from benchmarks.orin.published import PUBLISHED, Published
from benchmarks.orin.table import as_markdown, range_of, read_counts
from benchmarks.orin.yolo11 import SCALES, Yolo11

REPOSITORY = Path(__file__).resolve().parents[2]
COUNTS = read_counts(REPOSITORY / "benchmarks" / "data" / "yolo11_counts.json")
GIGA_OPERATIONS = {"n": 6.5, "s": 21.5, "m": 68.0, "l": 86.9, "x": 194.9}
"""As published in YOLO11's table of models; a multiplication and its addition are two."""


@pytest.mark.parametrize("size", SCALES)
def test_every_size_has_the_published_parameters_and_operations(size: str) -> None:
    with torch.device("meta"):
        network = Yolo11(SCALES[size])
    assert sum(parameter.numel() for parameter in network.parameters()) == SCALES[size].parameters
    counted = COUNTS[size]
    assert counted.parameters == SCALES[size].parameters
    assert 2 * counted.work("fp16").multiplications / 1e9 == pytest.approx(GIGA_OPERATIONS[size], rel=0.03)


@pytest.mark.parametrize(
    "figure", PUBLISHED, ids=lambda figure: f"{figure.board[0]} {figure.network} {figure.precision}"
)
def test_published_latencies_lie_inside_the_range(figure: Published) -> None:
    low, high = range_of(COUNTS, figure)
    assert low < figure.milliseconds < high
    # and the upper end is no wild guess
    assert high < 2 * figure.milliseconds


def test_the_docs_table_is_this_one() -> None:
    page = (REPOSITORY / "docs" / "estimate.md").read_text(encoding="utf-8")
    assert between(page, "published_orin") == as_markdown(COUNTS).strip()
