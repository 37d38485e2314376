"""Python, TensorRT, the bundle, and engines that fit or do not."""

from __future__ import annotations

import hashlib
import json
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from fundusgate.commands.doctor_findings import Finding, Sign
from fundusgate.commands.doctor_software import (
    bundle_findings,
    cuda_findings,
    engine_findings,
    onnxruntime_findings,
    python_findings,
    tensorrt_findings,
)
from fundusgate.device.board.identity import Identity, Kind
from fundusgate.runtime.bundle import Bundle
from fundusgate.runtime.engines.api import TensorRt
from fundusgate.runtime.engines.cache import Slot, source_hash
from fundusgate.runtime.manifest import Precision
from tests.commands.bundles import write_bundle
from tests.runtime.backends.gpu import install
from tests.runtime.engines.fake_cuda import FakeCuda, FakeDriver
from tests.runtime.engines.test_fitness import HERE, START, record

if TYPE_CHECKING:
    from pathlib import Path

ORIN = Identity(Kind.JETSON, "NVIDIA Jetson Orin Nano", (), "36.4.3", "6.2", None)
PC = Identity(Kind.OTHER, "PC", (), None, None, None)
PLAN = START + b"engine"


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle.open(write_bundle(tmp_path / "bundle"))


def compiled(bundle: Bundle, cache: Path, **changes: object) -> list[Slot]:
    """An engine for each network, as `fundusgate compile` leaves it."""
    slots = []
    for model in bundle.manifest.models:
        slot = Slot.of(cache, model, HERE)
        held = {
            "network": model.name,
            "source_sha256": source_hash(model.files[Precision.FP32]),
            "plan_sha256": hashlib.sha256(PLAN).hexdigest(),
            "plan_bytes": len(PLAN),
            **changes,
        }
        slot.keep(record(**held), PLAN)
        slot.choice.write_text(json.dumps({"kept": "fp16"}))
        slots.append(slot)
    return slots


def engines(bundle: Bundle, cache: Path) -> list[Finding]:
    return engine_findings(bundle, cache, HERE)


def test_engines_that_fit(bundle: Bundle, tmp_path: Path) -> None:
    compiled(bundle, tmp_path / "cache")
    found = engines(bundle, tmp_path / "cache")
    assert [finding.sign for finding in found] == [Sign.GOOD, Sign.GOOD]
    assert "median 5.0 ms" in found[0].says


def test_no_engines(bundle: Bundle, tmp_path: Path) -> None:
    finding = engines(bundle, tmp_path / "cache")[0]
    assert finding.sign is Sign.FIX
    assert finding.fix == f"fundusgate compile {bundle.folder}"


def test_engines_of_another_tensorrt(bundle: Bundle, tmp_path: Path) -> None:
    compiled(bundle, tmp_path / "cache")
    other = HERE.model_copy(update={"tensorrt": "10.7.0"})
    finding = engine_findings(bundle, tmp_path / "cache", other)[0]
    assert finding.sign is Sign.FIX
    assert "tensorrt-10.3.0" in finding.says
    assert "10.7.0" in finding.says


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"source_sha256": "c" * 64}, "another graph"),
        ({"built_on": HERE.model_copy(update={"l4t": "35.4.1"})}, "Jetson Linux 35.4.1"),
        ({"plan_sha256": "d" * 64}, "damaged"),
    ],
)
def test_engines_that_do_not_fit(changes: dict[str, object], reason: str, bundle: Bundle, tmp_path: Path) -> None:
    compiled(bundle, tmp_path / "cache", **changes)
    finding = engines(bundle, tmp_path / "cache")[0]
    assert finding.sign is Sign.FIX
    assert reason in finding.says
    assert finding.fix.endswith("--rebuild")


@pytest.mark.parametrize("choice", ['{"kept": null}', "[]", "torn {", '{"kept": 3}'])
def test_a_choice_of_nothing(choice: str, bundle: Bundle, tmp_path: Path) -> None:
    compiled(bundle, tmp_path / "cache")[0].choice.write_text(choice)
    assert [finding.sign for finding in engines(bundle, tmp_path / "cache")] == [Sign.FIX, Sign.GOOD]


@pytest.mark.parametrize("content", [None, "torn {"])
def test_an_engine_whose_record_is_gone_or_torn(content: str | None, bundle: Bundle, tmp_path: Path) -> None:
    path = compiled(bundle, tmp_path / "cache")[0].record("fp16")
    path.unlink()
    if content is not None:
        path.write_text(content)
    assert engines(bundle, tmp_path / "cache")[0].sign is Sign.FIX


def test_a_bundle_that_is_altered(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    next(folder.glob("*.onnx")).write_bytes(b"other")
    opened, found = bundle_findings(folder)
    assert opened is None
    assert found[0].sign is Sign.FIX


def test_a_bundle_without_int8(tmp_path: Path) -> None:
    opened, found = bundle_findings(write_bundle(tmp_path / "bundle"))
    assert opened is not None
    assert [finding.sign for finding in found] == [Sign.WARNING, Sign.WARNING]
    assert "fp32" in found[0].says


def tensorrt(version: str) -> TensorRt:
    return TensorRt(SimpleNamespace(__version__=version))


@pytest.mark.parametrize(
    ("identity", "api", "sign"),
    [
        (PC, "TensorRT cannot be imported", Sign.GOOD),
        (ORIN, "TensorRT cannot be imported", Sign.FIX),
        (ORIN, tensorrt("10.3.0"), Sign.GOOD),
        (ORIN, tensorrt("10.3.0.26"), Sign.GOOD),
        (ORIN, tensorrt("10.13.3"), Sign.WARNING),
        (PC, tensorrt("10.13.3"), Sign.GOOD),
    ],
)
def test_tensorrt_beside_jetson_linux(identity: Identity, api: TensorRt | str, sign: Sign) -> None:
    assert tensorrt_findings(identity, api)[0].sign is sign


@pytest.mark.parametrize(
    ("cuda", "driver", "expected"),
    [
        (True, True, [("pycuda", Sign.GOOD)]),
        (True, False, [("cuda-python", Sign.WARNING)]),
        (False, False, [("pycuda", Sign.FIX)]),
    ],
)
def test_what_runs_engines_beside_tensorrt(
    cuda: bool, driver: bool, expected: list[tuple[str, Sign]], monkeypatch: pytest.MonkeyPatch
) -> None:
    played = FakeCuda()
    install(monkeypatch, played, FakeDriver(played) if driver else None)
    if not cuda:
        monkeypatch.setitem(sys.modules, "pycuda.driver", None)
    assert [(finding.topic, finding.sign) for finding in cuda_findings()] == expected


def test_python_and_onnx_runtime_of_this_machine() -> None:
    assert python_findings(PC)[0].sign is Sign.GOOD
    finding = onnxruntime_findings()[0]
    assert finding.sign is Sign.GOOD
    assert "CPU" in finding.says


def test_a_python_that_jetpack_made_no_tensorrt_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.python_version", lambda: "3.11.9")
    finding = python_findings(ORIN)[0]
    assert (finding.sign, "Python 3.10" in finding.says) == (Sign.WARNING, True)
    monkeypatch.setattr("platform.python_version", lambda: "3.10.12")
    assert python_findings(ORIN)[0].sign is Sign.GOOD
