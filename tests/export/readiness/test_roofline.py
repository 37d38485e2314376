"""Bounds that can be worked out by hand."""

from __future__ import annotations

import pytest

from fundusgate.export.readiness.power_modes import POWER_MODES, PowerMode
from fundusgate.export.readiness.roofline import (
    LAUNCH_SECONDS,
    RUNTIME_BYTES,
    USUAL_SHARE,
    Floats,
    NodeWork,
    Peak,
    Work,
)

MODE = PowerMode("bench", "one", int8_tops=2.0, gigabytes=1.0, memory=8)
"""2 TOPS of INT8, 1 of FP16, half of FP32, a gigabyte a second: milliseconds that can be worked out by hand."""
PRODUCT = NodeWork(multiplications=10**9, read=1000, weights=2000, written=500)
MOVE = NodeWork(0, read=10**6, weights=0, written=10**6)


def work(*nodes: NodeWork, floats: Floats = Floats.FP16) -> Work:
    return Work(nodes, outside=300, alive=4000, floats=floats)


def test_operations_and_compulsory_bytes_bound_it_from_below() -> None:
    assert work(PRODUCT, MOVE).fastest(MODE) == pytest.approx(1000 * 2e9 / 1e12)
    assert work(MOVE).fastest(MODE) == pytest.approx(1000 * 2 * 300 / 1e9)
    assert work(PRODUCT, floats=Floats.FP32).fastest(MODE) == pytest.approx(1000 * 2e9 / 0.5e12)
    quick = PowerMode("bench", "slow memory", int8_tops=2000.0, gigabytes=0.001, memory=8)
    assert work(PRODUCT).fastest(quick) == pytest.approx(1000 * 2 * (2000 + 300) / 1e6)


def test_unfused_nodes_pass_through_memory() -> None:
    peak = Peak.of(MODE)
    assert work(MOVE).nothing_fused(peak) == pytest.approx(1000 * 2 * 2 * 10**6 / 1e9)
    assert work(PRODUCT).nothing_fused(peak) == pytest.approx(1000 * 2e9 / 1e12)
    both = work(PRODUCT, MOVE)
    assert both.nothing_fused(peak) == pytest.approx(2 + 4)
    assert both.usual(MODE) == pytest.approx(6 / USUAL_SHARE + 2 * 1000 * LAUNCH_SECONDS)


def test_an_engine_fuses_what_changes_value_by_value_but_reads_a_second_operand() -> None:
    activation = NodeWork(0, read=500, weights=0, written=500, pointwise=True)
    total = NodeWork(0, read=1000, weights=0, written=500, pointwise=True)
    peak = Peak.of(MODE)
    assert work(PRODUCT, activation).as_engine(peak) == pytest.approx(work(PRODUCT).as_engine(peak))
    assert work(total).as_engine(peak) == pytest.approx(1000 * 2 * 500 / 1e9)
    assert work(PRODUCT, activation, total).kernels == 1
    assert work(MOVE).as_engine(peak) == work(MOVE).nothing_fused(peak)


def test_int8_halves_bytes_and_doubles_the_rate_of_products() -> None:
    product = NodeWork(10**9, 1000, 2000, 500, int8=True)
    assert product.traffic(Floats.FP16) == 1000 + 2000 + 2 * 500
    assert PRODUCT.traffic(Floats.FP16) == 2 * 3500
    assert PRODUCT.traffic(Floats.FP32) == 4 * 3500
    assert work(product).fastest(MODE) == pytest.approx(1000 * 2e9 / 2e12)
    rounding = NodeWork(0, 1000, 0, 1000, int8=True)
    assert rounding.traffic(Floats.FP16) == 2 * 1000 + 1000


def test_memory() -> None:
    counted = work(PRODUCT)
    assert counted.memory == RUNTIME_BYTES + 2 * 2000 + 2 * 4000
    assert counted.fits(MODE)
    assert not counted.fits(PowerMode("bench", "tiny", 1.0, 1.0, memory=1))


def test_every_mode_of_the_table_is_there() -> None:
    """NVIDIA's table, mode by mode: streaming multiprocessors x GHz x 4.096."""
    clocks = {
        ("Orin Nano 8GB", "7W"): (4, 0.408),
        ("Orin Nano 8GB", "15W"): (8, 0.625),
        ("Orin Nano 8GB Super", "15W"): (8, 0.612),
        ("Orin Nano 8GB Super", "25W"): (8, 0.918),
        ("Orin Nano 8GB Super", "MAXN_SUPER"): (8, 1.020),
        ("Orin NX 16GB", "10W"): (4, 0.612),
        ("Orin NX 16GB", "15W"): (4, 0.612),
        ("Orin NX 16GB", "25W"): (8, 0.408),
        ("Orin NX 16GB", "MAXN"): (8, 0.918),
        ("Orin NX 16GB Super", "40W"): (8, 1.173),
        ("Orin NX 16GB Super", "MAXN_SUPER"): (8, 1.173),
        ("AGX Orin 64GB", "30W"): (8, 0.612),
        ("AGX Orin 64GB", "50W"): (16, 0.816),
        ("AGX Orin 64GB", "MAXN"): (16, 1.300),
    }
    held = {(mode.module, mode.mode): mode.int8_tops for mode in POWER_MODES}
    assert held.keys() == clocks.keys()
    for key, (multiprocessors, gigahertz) in clocks.items():
        assert held[key] == pytest.approx(multiprocessors * gigahertz * 4.096, rel=0.035), key


def test_a_bigger_mode_is_never_slower() -> None:
    for module in {mode.module for mode in POWER_MODES}:
        times = [work(PRODUCT, MOVE).fastest(mode) for mode in POWER_MODES if mode.module == module]
        assert times == sorted(times, reverse=True)
