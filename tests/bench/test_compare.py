from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundusgate.bench.compare import compare, remarks, unlikenesses
from fundusgate.bench.errors import BenchError
from fundusgate.bench.series import VERDICT
from tests.bench.records import record_with, series_of, setup_with

runs = st.lists(st.floats(1.0, 100.0), min_size=5, max_size=60)


@given(runs)
@settings(max_examples=20)
def test_a_run_beside_itself_is_noise(verdicts: list[float]) -> None:
    record = record_with([series_of(verdicts)])
    assert not any(each.larger_than_noise for each in compare(record, record))


@given(runs, st.floats(200.0, 1000.0))
@settings(max_examples=20)
def test_more_than_the_whole_spread_is_never_noise(verdicts: list[float], more: float) -> None:
    before, after = record_with([series_of(verdicts)]), record_with([series_of([each + more for each in verdicts])])
    found = {each.percent: each for each in compare(before, after) if each.stage == VERDICT}
    assert set(found) == {50, 90}
    for each in found.values():
        assert each.change == pytest.approx(more)
        assert each.share == pytest.approx(more / sorted(verdicts)[(len(verdicts) - 1) // 2])
        assert each.larger_than_noise
        assert each.low <= each.change <= each.high


@given(runs, runs)
@settings(max_examples=20)
def test_the_other_way_round_is_the_opposite(first: list[float], second: list[float]) -> None:
    one, other = record_with([series_of(first)]), record_with([series_of(second)])
    there, back = compare(one, other), compare(other, one)
    assert [each.change for each in there] == pytest.approx([-each.change for each in back])


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"board": "Raspberry Pi 5 Model B Rev 1.0"}, "Raspberry Pi 5"),
        ({"power_mode": "15W"}, "the power mode (MAXN_SUPER and 15W)"),
        ({"power_mode": None}, "MAXN_SUPER and none"),
        ({"clocks_locked": False}, "clocks are locked"),
        ({"precision": "fp16"}, "the precision (int8-fp16 and fp16)"),
        ({"engine": "cpu"}, "what runs the networks"),
        ({"bundle_sha256": "99" * 32}, "the bundle (abababababab... and 999999999999...)"),
        ({"networks": {"fthnet-s": "ef" * 32}}, "the networks' graphs"),
        ({"sizes": [(512, 512)]}, "1024 x 1024 and 512 x 512"),
        ({"cadences_hz": [5.0, None]}, "the cadences (10, max and 5, max)"),
        ({"threads": 1}, "the threads"),
        ({"photographs_sha256": None}, "the photographs"),
        ({"governors": ["performance"]}, "governor"),
        ({"processors": 8}, "how many processors"),
        ({"processor": "another"}, "the processor (aarch64 and another)"),
        ({"camera": "v4l2:/dev/video0"}, "the camera"),
    ],
)
def test_unlike_runs_are_refused_by_name(other: dict[str, Any], named: str) -> None:
    series = [series_of([10.0, 11.0, 12.0])]
    before, after = record_with(series), record_with(series, setup_with(**other))
    assert len(unlikenesses(before.setup, after.setup)) == 1
    with pytest.raises(BenchError) as refused:
        compare(before, after)
    assert named in str(refused.value)
    assert "--force" in str(refused.value)
    assert compare(before, after, force=True)


def test_every_field_of_a_setup_is_compared() -> None:
    from fundusgate.bench.compare import _WORDS
    from fundusgate.bench.record import Setup

    assert set(_WORDS) == set(Setup.model_fields)


def test_every_unlikeness_is_named() -> None:
    assert len(unlikenesses(setup_with(), setup_with(board="x", threads=1, precision="fp32"))) == 3


def test_only_cadences_of_both() -> None:
    before = record_with([series_of([1.0, 2.0], 5.0), series_of([1.0, 2.0])])
    after = record_with([series_of([1.0, 2.0], 30.0), series_of([1.0, 2.0])])
    assert {each.series for each in compare(before, after)} == {"back to back"}
    apart = record_with([series_of([1.0, 2.0], 30.0)])
    with pytest.raises(BenchError, match="in common"):
        compare(record_with([series_of([1.0, 2.0])]), apart)


def test_versions_are_remarked() -> None:
    before = record_with([series_of([1.0])], versions={"fundusgate": "0.1.0", "onnxruntime": "1.30.0"})
    after = record_with([series_of([1.0])], versions={"fundusgate": "0.1.0", "onnxruntime": "1.31.1", "pycuda": "1"})
    assert remarks(before, after) == ["onnxruntime 1.30.0 and 1.31.1", "pycuda absent and 1"]
    other = after.environment.model_copy(update={"running": "The GPU frames."})
    found = remarks(before, after.model_copy(update={"environment": other}))
    assert found[-1] == "what runs: The networks run on the processor. And: The GPU frames."
