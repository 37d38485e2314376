"""Which engine runs on which machine, and that nobody lands on the processor without being told."""

from __future__ import annotations

import pytest

from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.backends.choice import ASKABLE, Engine, Surroundings, attempts, told
from fundusgate.runtime.backends.onnx_gpu import CUDA_PROVIDER, TENSORRT_PROVIDER

CPU = ("CPUExecutionProvider",)
EVERY = (TENSORRT_PROVIDER, CUDA_PROVIDER, *CPU)
NONE = "the score network has no engine for this board"
NO_GPU = "there is no NVIDIA driver here"


@pytest.mark.parametrize(
    ("there", "precision", "expected"),
    [
        (Surroundings("", "", CPU), "auto", ["tensorrt", "cpu"]),
        (Surroundings("", "", EVERY), "auto", ["tensorrt", "onnxruntime-tensorrt", "cuda", "cpu"]),
        (Surroundings("", NONE, EVERY), "auto", ["onnxruntime-tensorrt", "cuda", "cpu"]),
        (Surroundings("", NONE, (CUDA_PROVIDER, *CPU)), "auto", ["cuda", "cpu"]),
        (Surroundings("", NONE, CPU), "auto", ["cpu"]),
        (Surroundings(NO_GPU, "", EVERY), "auto", ["cpu"]),
        (Surroundings("", "", EVERY), "fp32", ["onnxruntime-tensorrt", "cuda", "cpu"]),
        (Surroundings("", "", EVERY), "int8", ["cpu"]),
    ],
)
def test_the_best_that_is_there_is_tried_first(there: Surroundings, precision: str, expected: list[str]) -> None:
    planned = attempts("auto", precision, there)
    assert [engine.value for engine in planned.engines] == expected
    assert {*planned.passed_over, *planned.engines} == set(Engine) - {Engine.OPENVINO}


@pytest.mark.parametrize("no_gpu", ["", NO_GPU])
@pytest.mark.parametrize("no_engines", ["", NONE])
@pytest.mark.parametrize("providers", [CPU, (CUDA_PROVIDER, *CPU), EVERY])
@pytest.mark.parametrize("precision", ["auto", "fp32", "int8"])
@pytest.mark.parametrize("asked", list(ASKABLE))
def test_nothing_takes_the_place_of_what_was_asked_for(
    asked: str, precision: str, providers: tuple[str, ...], no_engines: str, no_gpu: str
) -> None:
    there = Surroundings(no_gpu, no_engines, providers)
    on_gpu = not no_gpu
    could = {
        "auto": True,
        "tensorrt": on_gpu and not no_engines and precision == "auto",
        "cuda": on_gpu and CUDA_PROVIDER in providers and precision != "int8",
        "cpu": True,
        "openvino": True,
    }
    if not could[asked]:
        with pytest.raises(BackendError, match=f"cannot run on backend {asked!r}: "):
            attempts(asked, precision, there)
        return
    planned = attempts(asked, precision, there)
    assert asked == "auto" or planned.engines == ASKABLE[asked]
    for engine in planned.engines:
        # the processor runs without an excuse only where it was asked for
        excused = told(engine, "", {**dict.fromkeys(planned.engines, "did not open"), **planned.passed_over})
        assert (": " in excused) is (engine is not Engine.TENSORRT and asked == "auto")


@pytest.mark.parametrize(
    ("asked", "precision", "there", "why"),
    [
        ("tensorrt", "auto", Surroundings("", NONE, EVERY), NONE),
        ("tensorrt", "auto", Surroundings(NO_GPU, "", EVERY), NO_GPU),
        ("tensorrt", "int8", Surroundings("", "", EVERY), "precision 'int8' was asked for"),
        ("cuda", "auto", Surroundings("", "", CPU), "ONNX Runtime here has no CUDAExecutionProvider"),
        ("cuda", "int8", Surroundings("", "", EVERY), "made for processors"),
        ("gpu", "auto", Surroundings("", "", EVERY), "choose one of auto, tensorrt, cuda, cpu, openvino"),
    ],
)
def test_what_cannot_be_had_says_why(asked: str, precision: str, there: Surroundings, why: str) -> None:
    with pytest.raises(BackendError, match=why):
        attempts(asked, precision, there)


@pytest.mark.parametrize("precision", ["auto", "fp32", "int8"])
def test_openvino_runs_only_where_it_is_asked_for(precision: str) -> None:
    there = Surroundings(NO_GPU, "", EVERY)
    assert attempts("openvino", precision, there).engines == (Engine.OPENVINO,)
    assert told(Engine.OPENVINO, "", {}) == "The networks run on the processor with OpenVINO."


def test_one_sentence_says_it() -> None:
    on_gpu = "The networks run on the GPU with TensorRT (TensorRT 10.3.0)."
    assert told(Engine.TENSORRT, "TensorRT 10.3.0", {Engine.CUDA: "no matter"}) == on_gpu
    against = attempts("auto", "auto", Surroundings(NO_GPU, "", EVERY)).passed_over
    assert told(Engine.CPU, "", against) == f"The networks run on the processor with ONNX Runtime: {NO_GPU}."
