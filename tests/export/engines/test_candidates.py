"""Which engines are built on which TensorRT."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fundusgate.export.engines.candidates import candidates
from fundusgate.export.readiness.jetpacks import JETPACKS
from fundusgate.export.readiness.subjects import Subject
from fundusgate.runtime.engines.api import EngineError
from fundusgate.runtime.manifest import Precision
from tests.runtime.engines.surfaces import VERSIONS, release

EVERY = tuple(Precision)


def names(version: str, graphs: tuple[Precision, ...] = EVERY, *, int8: bool = True, dla: bool = False) -> list[str]:
    return [candidate.name for candidate in candidates(release(version), graphs, int8=int8, dla=dla)]


def test_tensorrt_8_builds_by_flags() -> None:
    assert names("8.6.1") == ["fp16", "int8-fp16"]


@pytest.mark.parametrize("version", ["10.3.0", "10.7.0", "10.13.3.9"])
def test_tensorrt_10_builds_both_ways(version: str) -> None:
    assert names(version) == ["fp16", "int8-fp16", "typed-int8-fp16", "typed-fp16"]


@pytest.mark.parametrize("version", ["11.0.0.114", "11.4.0.106"])
def test_tensorrt_11_builds_by_the_graphs_own_types(version: str) -> None:
    assert names(version) == ["typed-int8-fp16", "typed-fp16", "typed-int8", "typed-fp32"]


def test_a_board_without_int8_builds_none() -> None:
    assert names("8.6.1", int8=False) == ["fp16"]
    assert names("11.0.0.114", int8=False) == ["typed-fp16", "typed-fp32"]


def test_the_accelerator_gets_fp16_only_when_asked_for() -> None:
    assert names("8.6.1", dla=True) == ["fp16", "int8-fp16", "fp16-dla"]
    assert names("11.0.0.114", dla=True) == ["typed-int8-fp16", "typed-fp16", "typed-int8", "typed-fp32"]


def test_graphs_that_the_bundle_lacks_are_not_built() -> None:
    assert names("8.6.1", (Precision.FP32,)) == ["fp16"]
    assert names("11.0.0.114", (Precision.FP32,)) == ["typed-fp32"]
    older = (Precision.FP32, Precision.INT8_TRT, Precision.FP16_TRT)
    assert names("11.0.0.114", older) == ["typed-fp16", "typed-int8", "typed-fp32"]


def test_a_bundle_for_another_tensorrt_is_told_what_is_missing() -> None:
    with pytest.raises(EngineError, match="export it with fp32 and int8-trt"):
        names("8.6.1", (Precision.FP16_TRT,))
    with pytest.raises(EngineError, match="export it with int8-fp16-trt and fp16-trt"):
        names("11.0.0.114", (Precision.INT8_CPU,))


@pytest.mark.parametrize("version", VERSIONS)
def test_readiness_holds_to_a_tensorrt_the_graphs_that_compile_builds_there(version: str) -> None:
    api = release(version)
    jetpack = replace(JETPACKS["6.2"], tensorrt=api.numbers[:3])
    built = {candidate.graph for candidate in candidates(api, EVERY, int8=True)}
    held = {precision for precision in EVERY if Subject("", Path(), precision).meant_for(jetpack)}
    assert held == built
