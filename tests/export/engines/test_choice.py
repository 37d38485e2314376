"""The quickest engine that is right is kept, and the reason says what the others did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.export.engines.choice import choose
from fundusgate.runtime.engines.record import EngineParity, Timings
from tests.runtime.engines.test_fitness import record

if TYPE_CHECKING:
    from fundusgate.runtime.engines.record import EngineRecord


def engine(name: str, median: float, *beyond: str, difference: float = 0.001) -> EngineRecord:
    return record(
        candidate=name,
        timings=Timings(runs=50, median=median, p90=median, p99=median, longest=median),
        parity=EngineParity(
            reference="onnxruntime fp32",
            images=5,
            mean_abs_difference={"score": difference},
            max_abs_difference={"score": difference},
            beyond=beyond,
        ),
    )


def test_int8_that_is_slower_than_fp16_loses_and_is_told() -> None:
    choice = choose([engine("fp16", 4.0), engine("int8-fp16", 4.8)], {})
    assert choice.kept is not None
    assert choice.kept.candidate == "fp16"
    assert choice.reason == "fp16 takes 4.00 ms, int8-fp16 4.80 ms"


def test_a_quick_engine_that_is_wrong_loses() -> None:
    choice = choose([engine("fp16", 4.0), engine("int8-fp16", 2.0, "score differs by 5.00 points, 2 allowed")], {})
    assert choice.kept is not None
    assert choice.kept.candidate == "fp16"
    assert "int8-fp16 2.00 ms but score differs by 5.00 points" in choice.reason


def test_of_two_equally_quick_the_nearer_one_is_kept() -> None:
    choice = choose([engine("int8-fp16", 4.0, difference=0.01), engine("fp16", 4.0)], {"fp16-dla": "no DLA"})
    assert choice.kept is not None
    assert choice.kept.candidate == "fp16"
    assert choice.reason.endswith("fp16-dla was not built")


def test_no_engine_passes() -> None:
    choice = choose([engine("fp16", 4.0, "map differs")], {"int8-fp16": "refused"})
    assert choice.kept is None
    assert "fp16: map differs" in choice.reason
    assert "int8-fp16: refused" in choice.reason
