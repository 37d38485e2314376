"""The committed runs of `fundusgate bench` are what their own samples say, and small enough for a repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from fundusgate.bench.record import read_record

RECORDS = sorted((Path(__file__).parents[2] / "benchmarks" / "data").glob("bench_*.json"))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.name)
def test_every_figure_follows_from_the_samples(path: Path) -> None:
    record = read_record(path)
    assert record.series
    assert path.stat().st_size < 300_000
