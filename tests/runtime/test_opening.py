"""A bundle compiled on a played device, then opened by the gate: what runs, and what is said of it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.export.engines import timing
from fundusgate.export.engines.compilation import compile_network
from fundusgate.export.engines.trial import Toolchain, Wishes
from fundusgate.phantom import render
from fundusgate.runtime.assessor import Assessor, AssessorError
from fundusgate.runtime.backends import surroundings
from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.backends.choice import Engine
from fundusgate.runtime.engines.api import EngineError
from fundusgate.runtime.engines.machine import NoDriverError
from fundusgate.runtime.framing import trial
from tests.export.engines.bundles import write_deployable
from tests.runtime.backends.gpu import install
from tests.runtime.engines.fake_cuda import CudaError, FakeCuda, FakeDriver
from tests.runtime.engines.machines import ORIN_NANO
from tests.runtime.engines.surfaces import release
from tests.runtime.framing.host_kernels import needs_host_compiler

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.export.engines.compilation import CompiledNetwork


class Device:
    """An Orin Nano with a bundle and its engines."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.cuda = FakeCuda(integrated=True)
        install(monkeypatch, self.cuda, FakeDriver(self.cuda))
        monkeypatch.setattr(timing, "SECONDS", 0.0)
        monkeypatch.setattr(timing, "WARM_UP_SECONDS", 0.0)
        monkeypatch.setattr(trial, "SIDES", (48, 96))
        self.frames_on_gpu(quicker=True)
        self.bundle = write_deployable(folder / "bundle")
        self.cache = folder / "cache"
        self.runs("10.3.0")
        tools = Toolchain(release("10.3.0", self.cuda), ORIN_NANO)
        self.compiled: list[CompiledNetwork] = [
            compile_network(self.bundle, model, tools, Wishes(self.cache), lambda _step: None)
            for model in self.bundle.manifest.models
        ]

    def runs(self, tensorrt: str) -> None:
        """That release is installed."""
        self.monkeypatch.setattr(surroundings, "read_machine", lambda: ORIN_NANO)
        self.monkeypatch.setattr(surroundings, "load", lambda: release(tensorrt, self.cuda))

    def frames_on_gpu(self, quicker: bool) -> None:
        """Framing on the GPU is quicker than on the processor, or is not."""
        taken = itertools.cycle((1e-3, 2e-3) if quicker else (2e-3, 1e-3))
        self.monkeypatch.setattr(trial, "seconds", lambda _work: next(taken))

    def open(self, backend: str = "auto", precision: str = "auto") -> Assessor:
        return Assessor.open(self.bundle.folder, precision, 1, backend=backend, engines=self.cache)


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    return Device(tmp_path, monkeypatch)


def test_engines_that_fit_run(device: Device) -> None:
    photograph = render(11, 96).rgb
    with device.open("cpu") as reference, device.open() as assessor:
        assert (reference.engine, assessor.engine) == (Engine.CPU, Engine.TENSORRT)
        assert assessor.running.startswith("The networks run on the GPU with TensorRT (dark-cells as ")
        assert "TensorRT 10.3.0, zero copy, one CUDA graph, " in assessor.running
        kept = {outcome.network: outcome.choice.kept for outcome in device.compiled}
        for identity in assessor.networks:
            engine = kept[identity.name]
            assert engine is not None
            assert identity.sha256 == engine.plan_sha256
        on_gpu, on_cpu = assessor.assess(photograph), reference.assess(photograph)
        assert on_gpu.score == pytest.approx(on_cpu.score, abs=1e-3)
        np.testing.assert_allclose(on_gpu.map, on_cpu.map, atol=1e-5)
        assert on_gpu.precision == assessor.precision
        assert set(assessor.precision.split("+")) <= {engine.candidate for engine in kept.values() if engine}
    assert (device.cuda.memory, device.cuda.pinned, device.cuda.pushed) == ({}, 0, 0)


@needs_host_compiler
def test_the_gpu_frames_what_its_networks_see(device: Device) -> None:
    larger, smaller = render(11, 160).rgb, render(11, 40).rgb
    with device.open("cpu") as reference, device.open() as assessor:
        told = "discs of 48 px and more framed on the GPU in 1 instead of 2 ms"
        assert assessor.running.endswith(f"one CUDA graph, {told}).")
        assert "framed" not in reference.running
        framed = device.cuda.launches.count("frame_pixels")
        for photograph, on_gpu in ((larger, True), (smaller, False)):
            given, expected = assessor.assess(photograph), reference.assess(photograph)
            np.testing.assert_allclose(given.map, expected.map, atol=1e-5)
            assert given.score == pytest.approx(expected.score, abs=1e-3)
            assert given.box == expected.box
            seen, looked = (each.glance(photograph, want_map=True, want_score=True) for each in (assessor, reference))
            assert dict(seen.severities) == dict(looked.severities)
            assert seen.score == pytest.approx(looked.score, abs=1e-3)
            assert assessor.opinion(photograph, seen) == pytest.approx(reference.opinion(photograph, looked), abs=1e-3)
            framed, before = device.cuda.launches.count("frame_pixels"), framed
            # the networks' size and the cues', twice; then the score network's alone
            assert framed - before == (5 if on_gpu else 0)
    with pytest.raises(AssessorError, match="this assessor is closed"):
        assessor.assess(larger)
    assert (device.cuda.memory, device.cuda.pinned, device.cuda.pushed) == ({}, 0, 0)


@needs_host_compiler
def test_a_gpu_that_frames_wrong_only_infers(device: Device) -> None:
    device.cuda.kernels = "wrong"
    with device.open() as assessor:
        assert assessor.engine is Engine.TENSORRT
        assert "framed on the processor because the GPU's pictures differ by 64 grey levels)." in assessor.running
        assessor.assess(render(11, 96).rgb)
    assert device.cuda.memory == {}


def test_a_gpu_that_is_slower_only_infers(device: Device) -> None:
    device.frames_on_gpu(quicker=False)
    with device.open() as assessor:
        assert assessor.engine is Engine.TENSORRT
        assert "framed on the processor because " in assessor.running
        assessor.assess(render(11, 96).rgb)


@needs_host_compiler
def test_a_gpu_that_the_trial_broke_does_not_run_the_networks(device: Device) -> None:
    # an illegal access is never forgiven: every later call of the process fails
    device.cuda.breaks_at = "frame_pixels"
    with device.open() as assessor:
        assert assessor.engine is Engine.CPU
        assert "tensorrt did not open: " in assessor.running
        assert "an illegal memory access was encountered" in assessor.running


def spoil(device: Device) -> None:
    plan = device.compiled[0].slot.plan("fp16")
    for path in plan.parent.glob("*.plan"):
        path.write_bytes(path.read_bytes()[:-1] + b"?")


def lose(device: Device) -> None:
    for path in device.compiled[1].slot.folder.iterdir():
        path.unlink()
    device.compiled[1].slot.folder.rmdir()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda device: device.runs("10.7.0"), "There are engines for tensorrt-10.3.0, which do not fit"),
        (spoil, "red-light: the engine does not fit: its bytes are not those that were built"),
        (lose, "dark-cells has no engine for NVIDIA Jetson Orin Nano Developer Kit, TensorRT 10.3.0"),
    ],
)
def test_engines_that_do_not_fit_are_told(change: object, why: str, device: Device) -> None:
    assert callable(change)
    change(device)
    with device.open() as assessor:
        assert assessor.engine is Engine.CPU
        assert why in assessor.running
        assert "ONNX Runtime here has no CUDAExecutionProvider" in assessor.running
    with pytest.raises(BackendError, match=why):
        device.open("tensorrt")


def test_an_engine_that_does_not_open_is_told(device: Device) -> None:
    device.cuda.fails["pagelocked_empty"] = CudaError("out of memory")
    with device.open() as assessor:
        assert assessor.engine is Engine.CPU
        assert "tensorrt did not open: " in assessor.running
        assert "out of memory" in assessor.running
    with pytest.raises(BackendError, match="out of memory"):
        device.open("tensorrt")
    assert (device.cuda.memory, device.cuda.pinned) == ({}, 0)


def test_a_plan_that_is_exchanged_after_it_was_found_is_refused(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = surroundings.kept_engine

    def found_then_exchanged(*arguments: object) -> object:
        engine = look(*arguments)  # type: ignore[arg-type]
        engine.path.write_bytes(b"another")
        return engine

    monkeypatch.setattr(surroundings, "kept_engine", found_then_exchanged)
    with pytest.raises(BackendError, match="must not run: it does not begin as a TensorRT plan does"):
        device.open("tensorrt")


def test_a_precision_by_name_is_the_graphs_own(device: Device) -> None:
    with device.open(precision="fp32") as assessor:
        assert (assessor.engine, assessor.precision) == (Engine.CPU, "fp32")
        assert "precision 'fp32' was asked for" in assessor.running


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (NoDriverError("there is no CUDA driver (libcuda.so.1): ..."), "there is no NVIDIA driver here"),
        (EngineError("cuInit answers 100"), "cuInit answers 100"),
    ],
)
def test_a_machine_without_a_gpu(error: EngineError, why: str, device: Device) -> None:
    def none() -> None:
        raise error

    device.monkeypatch.setattr(surroundings, "read_machine", none)
    on_processor = "The networks run on the processor with ONNX Runtime (dark-cells as fp32, red-light as fp32)"
    with device.open() as assessor:
        assert assessor.running == f"{on_processor}: {why}."
    for asked in ("tensorrt", "cuda"):
        with pytest.raises(BackendError, match=why):
            device.open(asked)


def test_a_processor_that_was_asked_for_is_not_excused(device: Device) -> None:
    with device.open("cpu") as assessor:
        assert assessor.running.endswith("(dark-cells as fp32, red-light as fp32).")
