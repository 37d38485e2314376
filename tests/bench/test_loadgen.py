from __future__ import annotations

import sys
import time
from importlib.util import find_spec

import pytest

from fundusgate.bench.cautions import cautions
from fundusgate.bench.errors import BenchError
from fundusgate.bench.loadgen import LEAST, opinion_of, second_opinion
from fundusgate.bench.record import LoadGenOpinion
from fundusgate.device.board.board import read_board
from fundusgate.device.cameras.base import CameraError
from tests.bench.records import setup_with

needs_loadgen = pytest.mark.skipif(
    find_spec("mlperf_loadgen") is None, reason="MLPerf LoadGen is not installed: pip install 'fundusgate[loadgen]'"
)
SUMMARY = """\
SUT name : PySUT
Scenario : SingleStream
90.0th percentile latency (ns) : 2500000
Result is : INVALID
 * Early stopping 90.0th percentile estimate: 2750000
Min latency (ns)                : 1000000
Max latency (ns)                : 4000000
Mean latency (ns)               : 2000000
50.00 percentile latency (ns)   : 1900000
90.00 percentile latency (ns)   : 2500000
99.90 percentile latency (ns)   : 3999999
"""


def test_a_summary_is_read() -> None:
    found = opinion_of(SUMMARY, [1.0, 2.0], "6.0.17")
    assert found.result == "INVALID"
    assert found.early_stopping_p90_ms == pytest.approx(2.75)
    assert found.theirs_ms == pytest.approx(
        {"min": 1.0, "max": 4.0, "mean": 2.0, "p50": 1.9, "p90": 2.5, "p99.9": 3.999999}
    )


def test_a_summary_without_figures() -> None:
    with pytest.raises(BenchError, match="without a result"):
        opinion_of("Result is : VALID\n", [1.0], "7")


def test_percentiles_are_compared_by_loadgens_rank() -> None:
    # of ten samples its median is the sixth, ours the fifth
    samples = [float(place) for place in range(1, 11)]
    summary = SUMMARY.replace("1900000", "6060000").replace("90.00 percentile latency (ns)   : 2500000", "")
    summary = summary.replace("90.0th percentile latency (ns) : 2500000", "90.0th percentile latency (ns) : 10000000")
    found = opinion_of(summary.replace("3999999", "10000000"), samples, "6")
    assert found.ours.p50 == 5.0
    assert found.ours_their_way_ms == {"p50": 6.0, "p90": 10.0, "p99.9": 10.0}
    assert found.furthest_apart == pytest.approx(0.06 / 6.06)
    board = read_board()
    assert cautions(setup_with(), board, board, 0.0, [], None, found) == []
    apart = found.model_copy(update={"theirs_ms": {"p50": 6.5}})
    told = cautions(setup_with(), board, board, 0.0, [], None, apart)
    assert any("up to 7.7 % from ours" in caution for caution in told)


def test_figures_that_are_not_the_samples_are_refused() -> None:
    content = opinion_of(SUMMARY, [1.0, 2.0], "6.0.17").model_dump()
    content["ours"]["p90"] = 1.5
    with pytest.raises(ValueError, match="do not follow"):
        LoadGenOpinion.model_validate(content)


@needs_loadgen
def test_loadgen_says_the_same_of_the_same_presses() -> None:
    rest = iter(range(1000))

    def press() -> None:
        # spread over 2 to 9 ms, so that no two percentiles are the same
        time.sleep(0.002 + 0.007 * (next(rest) % LEAST) / LEAST)

    found = second_opinion(press, 0.0, 1)
    assert found.result == "VALID"
    assert found.ours.count == len(found.samples_ms) >= LEAST
    for figure in ("min", "p50", "p90", "p95", "p99", "max"):
        # LoadGen measures around the call; its rank may be one sample further
        assert found.theirs_ms[figure] >= getattr(found.ours, figure) - 0.02
    for figure in ("min", "p50", "p90"):
        # far under the spread of 7 ms, and room for a machine that does something else in between
        assert found.theirs_ms[figure] == pytest.approx(getattr(found.ours, figure), abs=2)
    assert found.early_stopping_p90_ms is not None
    assert found.early_stopping_p90_ms >= found.ours.p90


@needs_loadgen
def test_a_press_that_fails_ends_the_run_with_its_own_error() -> None:
    count = iter(range(1000))

    def press() -> None:
        if next(count) == 5:
            raise CameraError("the camera was unplugged: plug it in")

    with pytest.raises(CameraError, match="unplugged"):
        second_opinion(press, 0.0, 1)
    assert next(count) == 6


def test_absence_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlperf_loadgen", None)
    with pytest.raises(BenchError, match=r"pip install 'fundusgate\[loadgen\]'"):
        second_opinion(lambda: None, 0.0, 1)
