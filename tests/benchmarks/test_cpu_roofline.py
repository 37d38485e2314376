"""Bounds of a record that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.cpu_roofline import bounds, table
from benchmarks.cpu_roofline.record import Held, Probe, Record
from benchmarks.marked import between

REPOSITORY = Path(__file__).resolve().parents[2]
KEPT = REPOSITORY / "benchmarks" / "data" / "roofline.json"


def record() -> Record:
    """100 and 400 million operations a millisecond, of two rounds the second at half speed; a million bytes each."""
    return Record(
        command="python benchmarks/roofline.py",
        began_at="2026-11-29T10:00:00+00:00",
        machine="a processor",
        threads=1,
        rounds=2,
        others_share=0.0,
        probes=[
            Probe(what="fp32", by="quick", amount=10**9, turns=[[10.0], [20.0]]),
            Probe(what="fp32", by="slow", amount=10**9, turns=[[11.0], [40.0]]),
            Probe(what="int8", by="quick", amount=10**9, turns=[[2.5], [5.0]]),
            Probe(what="copy", by="small", amount=2 * 10**6, turns=[[2.0], [4.0]]),
            Probe(what="copy", by="large", amount=2 * 10**9, turns=[[20000.0], [40000.0]]),
        ],
        networks=[
            Held(
                name="net",
                # two float products, one in INT8, and a sum of values that an engine reads a second operand of
                kinds=[(2, 10**8, 100, 0, 100), (1, 10**8, 5 * 10**6, 1, 5 * 10**6), (1, 0, 3 * 10**6, 0, 10**6)],
                compulsory=10**6,
                alive=10**6,
                turns=[[18.0], [36.0]],
            )
        ],
    )


def test_peaks_are_the_best_of_each_round() -> None:
    np.testing.assert_allclose(bounds.peak(record(), "fp32"), [1e8, 5e7])
    np.testing.assert_allclose(bounds.copying(record(), 10**6), [1e6, 5e5])
    np.testing.assert_allclose(bounds.copying(record(), 10**9), [1e5, 5e4])


def test_a_networks_bounds() -> None:
    found = bounds.bounds(record(), record().networks[0])
    np.testing.assert_allclose(found.all_fused, [2 * 2 + 0.5, 2 * (2 * 2 + 0.5)])
    np.testing.assert_allclose(found.as_engine, [2 * 2 + 5 + 1, 20])
    np.testing.assert_allclose(found.nothing_fused, [2 * 2 + 5 + 3, 24])
    np.testing.assert_allclose(found.measured / found.all_fused, [4, 4])


def test_the_table_tells_the_error() -> None:
    text = table.as_markdown(record())
    assert "4.00 to 4.00 times the all-fused bound" in text
    assert "1.50 to 1.50 times the nothing-fused bound" in text
    assert "busy" not in text
    busy = record().model_copy(update={"others_share": 0.3})
    assert "busy" in table.as_markdown(busy)


def test_the_docs_table_follows_from_the_record_that_is_kept(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "estimate.md").read_text(encoding="utf-8")
    kept = Record.read(KEPT)
    assert between(page, "roofline") == table.as_markdown(kept).strip()
    kept.save(tmp_path / "again.json")
    assert Record.read(tmp_path / "again.json") == kept


@pytest.mark.parametrize("name", ["efiqa-cp-edge fp32", "fthnet-s fp32"])
def test_the_records_counts_are_those_of_the_table_that_comes_with_the_package(name: str) -> None:
    from fundusgate.export.readiness.networks import counted_networks

    (held,) = (held for held in Record.read(KEPT).networks if held.name == name)
    network = counted_networks()[name.split()[0]].work("fp32")
    assert sum(kind[0] * kind[1] for kind in held.kinds) == network.multiplications
    assert held.alive == network.peak_bytes
