"""A plan that does not fit is refused in a sentence, whatever does not fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundusgate.runtime.engines.fitness import fitness
from fundusgate.runtime.engines.plan_header import read_header
from fundusgate.runtime.engines.record import BuiltOn, EngineParity, EngineRecord, Timings
from fundusgate.runtime.manifest import Precision
from tests.runtime.engines.machines import ORIN_NANO

SOURCE, PLAN = "a" * 64, "b" * 64
START = b"ftrt" + bytes(20) + bytes((10, 3, 0, 30))
HERE = BuiltOn.of(ORIN_NANO, "10.3.0")


def record(**changes: object) -> EngineRecord:
    held = {
        "network": "efiqa-cp-edge",
        "candidate": "fp16",
        "graph": Precision.FP32,
        "source_sha256": SOURCE,
        "plan_sha256": PLAN,
        "plan_bytes": 1000,
        "header_version": (10, 3, 0, 30),
        "built_on": HERE,
        "flags": ("FP16",),
        "workspace_bytes": 2**30,
        "build_seconds": 60.0,
        "timings": Timings(runs=100, median=5.0, p90=5.5, p99=6.0, longest=7.0),
        "parity": EngineParity(
            reference="onnxruntime fp32", images=5, mean_abs_difference={}, max_abs_difference={}, beyond=()
        ),
        **changes,
    }
    return EngineRecord.model_validate(held)


def test_what_was_built_here_fits() -> None:
    assert fitness(record(), START, PLAN, HERE, SOURCE).fits


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (b"vtrt" + START[4:], "TensorRT-RTX wrote it, not TensorRT"),
        (b"\x08\x07\x12\x04" + START[4:], "it does not begin as a TensorRT plan does"),
        (START[:20], "it does not begin as a TensorRT plan does"),
        (START[:24] + bytes((8, 6, 2, 3)), "its header says TensorRT 8.6.2.3, its JSON 10.3.0.30"),
    ],
)
def test_the_header_is_read(start: bytes, reason: str) -> None:
    fit = fitness(record(), start, PLAN, HERE, SOURCE)
    assert not fit.fits
    assert reason in fit.reason


@pytest.mark.parametrize(
    ("here", "reason"),
    [
        (BuiltOn.of(ORIN_NANO, "10.7.0"), "TensorRT 10.3.0 built it and TensorRT 10.7.0 is here"),
        (BuiltOn.of(replace(ORIN_NANO, capability=(7, 2)), "10.3.0"), "built for compute 8.7, here is 7.2"),
        (BuiltOn.of(replace(ORIN_NANO, board="NVIDIA Jetson AGX Orin"), "10.3.0"), "this is 'NVIDIA Jetson AGX Orin'"),
        (BuiltOn.of(replace(ORIN_NANO, l4t="36.5.0"), "10.3.0"), "Jetson Linux 36.4.0, this is 36.5.0"),
    ],
)
def test_the_machine_is_compared(here: BuiltOn, reason: str) -> None:
    fit = fitness(record(), START, PLAN, here, SOURCE)
    assert not fit.fits
    assert reason in fit.reason


def test_a_newer_driver_alone_is_no_reason() -> None:
    assert fitness(record(), START, PLAN, HERE.model_copy(update={"cuda": "12.8"}), SOURCE).fits


def test_bytes_and_source_are_compared() -> None:
    assert "damaged or was exchanged" in fitness(record(), START, "c" * 64, HERE, SOURCE).reason
    assert "another graph now" in fitness(record(), START, PLAN, HERE, "c" * 64).reason


def test_the_header_of_a_real_plan() -> None:
    """As TensorRT-RTX 1.7.1.116 wrote one."""
    start = bytes.fromhex("76747274 00000000 02000000 00000000 94300400 00000000 01070174".replace(" ", ""))
    header = read_header(start)
    assert (header.writer, header.version) == ("TensorRT-RTX", (1, 7, 1, 116))
