"""A real run on small real graphs: what the record says is what its raw samples say."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.bench.cadence import LEAST_WARM_UP, Effort
from fundusgate.bench.errors import BenchError
from fundusgate.bench.parts import plain_work
from fundusgate.bench.photographs import MemoryCamera, pixels_sha256
from fundusgate.bench.press import STAGES
from fundusgate.bench.record import BenchRecord, read_record
from fundusgate.bench.run import Plan, run
from fundusgate.bench.series import VERDICT
from fundusgate.bench.shares import Overhead
from fundusgate.bench.soak import soak
from fundusgate.device.cameras.sim import SimulatedCamera
from fundusgate.phantom import render
from fundusgate.runtime import Assessor
from fundusgate.runtime.backends.choice import Engine
from fundusgate.runtime.bundle import MANIFEST_NAME, file_sha256
from tests.commands.bundles import write_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundles") / "small")


@pytest.fixture(scope="module")
def eye() -> NDArray[np.uint8]:
    return render(7, size=256).rgb


@pytest.fixture(scope="module")
def record(bundle: Path, eye: NDArray[np.uint8]) -> BenchRecord:
    plan = Plan(bundle, threads=1, cadences=(20.0, None), effort=Effort(0.3, 7, 0.1), flags={"cadence": "20,max"})
    return run(plan, [eye])


def test_figures_follow_from_the_samples(record: BenchRecord) -> None:
    # re-derived without the house's own statistics
    written = BenchRecord.model_validate_json(record.model_dump_json())
    assert [series.cadence_hz for series in written.series] == [20.0, None]
    for series in written.series:
        assert list(series.stages_ms) == list(STAGES)
        for name, samples in series.stages_ms.items():
            assert len(samples) == len(series.due_s) >= 7
            ordered, summary = sorted(samples), series.summaries[name]
            for percent in (50, 90, 95, 99):
                place = next(at for at in range(len(ordered)) if 100 * (at + 1) >= percent * len(ordered))
                assert getattr(summary, f"p{percent}") == ordered[place]
            assert (summary.count, summary.min, summary.max) == (len(samples), ordered[0], ordered[-1])
            assert summary.mean == pytest.approx(np.mean(samples))
            assert summary.variation == pytest.approx(np.std(samples, ddof=1) / np.mean(samples))


def test_stages_make_the_verdict(record: BenchRecord) -> None:
    for series in record.series:
        parts = [name for name in STAGES if name != VERDICT]
        for place, whole in enumerate(series.stages_ms[VERDICT]):
            total = sum(series.stages_ms[name][place] for name in parts)
            assert total == pytest.approx(whole, abs=1e-3)
            assert all(series.stages_ms[name][place] >= 0 for name in parts if name != "judge")


def test_presses_keep_the_cadence(record: BenchRecord) -> None:
    paced, unpaced = record.series
    assert paced.warm_up >= LEAST_WARM_UP
    slots = [(due - paced.due_s[0]) * 20 for due in paced.due_s]
    assert slots == pytest.approx([round(slot) for slot in slots], abs=1e-3)
    assert paced.due_s[-1] - paced.due_s[0] > 0.2
    for (before, after), took in zip(pairwise(unpaced.due_s), unpaced.stages_ms[VERDICT], strict=False):
        assert after >= before + took / 1e3 - 1e-6
    assert max(paced.due_s) <= min(unpaced.due_s) <= time.monotonic()


def test_setup_and_environment(record: BenchRecord, bundle: Path, eye: NDArray[np.uint8]) -> None:
    setup, environment = record.setup, record.environment
    assert setup.bundle_sha256 == file_sha256(bundle / MANIFEST_NAME)
    assert setup.networks["red-light"] == file_sha256(bundle / "red-light.fp32.onnx")
    assert (setup.precision, setup.threads, setup.sizes) == ("fp32", 1, [(256, 256)])
    assert setup.photographs_sha256 == pixels_sha256([eye])
    assert environment.versions["onnxruntime"]
    assert environment.flags == {"cadence": "20,max"}
    assert "processor" in environment.running
    assert environment.board_before["memory"]["total"] > 0
    assert len(environment.load_before) == len(environment.load_after) == 3
    assert environment.began_at <= environment.ended_at


def test_overhead_is_what_its_samples_say(record: BenchRecord) -> None:
    over = record.overhead
    assert len(over.verdict_ms) == len(over.networks_ms) == len(over.plain_ms) == 7
    verdict, plain, networks = (sorted(each)[3] for each in (over.verdict_ms, over.plain_ms, over.networks_ms))
    assert over.networks.share == pytest.approx(networks / verdict)
    assert over.looking.share == pytest.approx((plain - networks) / verdict)
    assert over.runtime.share == pytest.approx(1 - plain / verdict)
    for share in (over.networks, over.looking, over.runtime):
        assert share.low <= share.share <= share.high
    assert networks < plain
    assert set(record.parts_ms) == {"disc", "framing", "field", "cues"}
    assert all(len(samples) == 7 for samples in record.parts_ms.values())


def test_overhead_by_hand() -> None:
    found = Overhead.of([10.0] * 20, [9.0] * 20, [7.0] * 20)
    for share, value in ((found.networks, 0.7), (found.looking, 0.2), (found.runtime, 0.1)):
        assert (share.low, share.share, share.high) == pytest.approx((value, value, value))


def test_few_samples_are_warned_of(record: BenchRecord) -> None:
    assert any("99th percentile is the largest" in warning for warning in record.warnings)


def test_a_given_camera(bundle: Path, eye: NDArray[np.uint8]) -> None:
    plan = Plan(bundle, threads=1, cadences=(None,), effort=Effort(0.0, 3, 0.0))
    record = run(plan, [eye], SimulatedCamera(3, size=64, fps=50.0, repeat=True))
    assert record.setup.camera == "sim://3"
    assert record.setup.photographs_sha256 is None
    # the exposure begins after the press, at the camera's own moments
    assert record.series[0].summaries["capture"].max > 1


def test_soak_counts_and_reads(bundle: Path, eye: NDArray[np.uint8]) -> None:
    plan = Plan(bundle, threads=1, cadences=(None,), effort=Effort(0.0, 1, 0.0), soak_minutes=0.005)
    soaked = run(plan, [eye]).soak
    assert soaked is not None
    assert soaked.readings[-1].at_s - soaked.readings[0].at_s >= 0.3
    assert len(soaked.readings) >= 2
    assert soaked.readings[0].at_s <= soaked.series.due_s[0] <= soaked.series.due_s[-1] <= soaked.readings[-1].at_s


def test_no_soak_of_nothing() -> None:
    with pytest.raises(BenchError, match="more than 0"):
        soak(lambda _: {}, 0.0, None)


def test_no_cadence(bundle: Path, eye: NDArray[np.uint8]) -> None:
    with pytest.raises(BenchError, match="no cadence"):
        run(Plan(bundle, cadences=()), [eye])


def test_photographs_come_in_turn(eye: NDArray[np.uint8]) -> None:
    other = np.zeros((64, 80, 3), np.uint8)
    with MemoryCamera([eye, other]) as camera:
        began = time.monotonic()
        frames = [camera.capture() for _ in range(3)]
    assert [frame.pixels.shape for frame in frames] == [eye.shape, other.shape, eye.shape]
    assert frames[0].timestamp >= began
    assert not np.shares_memory(frames[0].pixels, eye)


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": 2}', "[1, 2]"])
def test_what_is_no_record(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(BenchError, match=r"a\.json is no record"):
        read_record(tmp_path / "a.json")
    with pytest.raises(BenchError, match="cannot be read"):
        read_record(tmp_path / "missing.json")


def test_an_altered_record(tmp_path: Path, record: BenchRecord) -> None:
    content = json.loads(record.model_dump_json())
    series = content["series"][0]
    # what another processor's order of adding may do
    series["summaries"][VERDICT]["mean"] *= 1 + 1e-15
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert read_record(tmp_path / "a.json").series
    series["summaries"][VERDICT]["p99"] *= 0.5
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(BenchError, match="do not follow"):
        read_record(tmp_path / "a.json")
    series["stages_ms"]["map"].pop()
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(BenchError, match="one sample for each press"):
        read_record(tmp_path / "a.json")


@pytest.mark.parametrize("place", [("overhead", "runtime", "share"), ("overhead", "networks", "high"), ("late",)])
def test_an_altered_figure(tmp_path: Path, record: BenchRecord, place: tuple[str, ...]) -> None:
    content = json.loads(record.model_dump_json())
    if place == ("late",):
        content["series"][0]["missed"] += 1
    else:
        content[place[0]][place[1]][place[2]] += 0.01
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(BenchError, match="do not follow"):
        read_record(tmp_path / "a.json")


def test_plain_work_on_the_processor_and_on_what_is_none(bundle: Path, eye: NDArray[np.uint8]) -> None:
    class OnAGpu:
        """Says that a GPU runs it, so that the backends themselves are timed."""

        engine = Engine.CUDA

    with Assessor.open(bundle, backend="cpu") as assessor:
        for runs in (assessor, OnAGpu()):
            with plain_work(bundle, runs, "cpu", "fp32", 1) as plain:  # type: ignore[arg-type]
                assert plain.whole(eye) > 0
                assert plain.networks(plain.inputs(eye)) > 0


def test_a_newer_record(tmp_path: Path, record: BenchRecord) -> None:
    (tmp_path / "a.json").write_text(record.model_copy(update={"schema_version": 9}).model_dump_json())
    with pytest.raises(BenchError, match="schema version 9"):
        read_record(tmp_path / "a.json")
