from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fundusgate.codes import CauseCode, Verdict
from fundusgate.phantom import render
from fundusgate.runtime import Assessor, AssessorError, Profile, beside
from fundusgate.runtime.bundle import MANIFEST_NAME, BundleError, file_sha256
from tests.commands.bundles import MAP, SIDE, write_bundle
from tests.runtime.graphs import write_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

STAGES = {"disc", "framing", "waited", "map", "score", "cues", "preprocess", "total"}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("assessor") / "small")


@pytest.fixture(scope="module")
def assessor(bundle: Path) -> Iterator[Assessor]:
    with Assessor.open(bundle, threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def eye() -> NDArray[np.uint8]:
    return render(7, size=400).rgb


def changed(bundle: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    folder.mkdir()
    for path in bundle.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    content = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    change(content)
    (folder / MANIFEST_NAME).write_text(json.dumps(content), encoding="utf-8")
    return folder


def model(content: dict[str, Any], role: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in content["models"] if entry["role"] == role)
    return found


def test_networks_speak_through_the_assessment(assessor: Assessor, eye: NDArray[np.uint8]) -> None:
    said = assessor.assess(eye)
    inside = ~np.isnan(said.map)
    assert said.map.shape == (16, 16)
    assert inside[8, 8]
    assert not inside[0, 0]
    # the small graphs: score = mean of the framed picture, map = 1 - red
    assert 0 < said.score < 60
    assert 0 <= np.nanmin(said.map) <= np.nanmax(said.map) <= 1
    assert said.degraded_fraction == pytest.approx(float(np.mean(said.map[inside] >= 0.5)))
    assert said.models == {"dark-cells": "7", "red-light": "7"}
    assert said.precision == "fp32"
    assert said.box[2] - said.box[0] == said.box[3] - said.box[1]
    assert set(said.elapsed_ms) == STAGES
    assert said.elapsed_ms["total"] >= said.elapsed_ms["preprocess"] > 0
    json.dumps(said.to_json_object(), allow_nan=False)


def test_cues_beside_the_networks_are_the_cues_of_one_processor(
    bundle: Path, eye: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for processors in (1, 4):
        monkeypatch.setattr(beside, "usable_processors", lambda processors=processors: processors)
        with Assessor.open(bundle, threads=1) as opened:
            said = opened.assess(eye).to_json_object()
            glance = opened.glance(eye, want_map=True, want_score=True)
        found.append(({**said, "elapsed_ms": None}, dict(glance.severities), glance.score, glance.cells.tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize("processors", [1, 4])
def test_what_fails_beside_the_networks_is_raised(
    bundle: Path, eye: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch, processors: int
) -> None:
    def fail(_: object) -> None:
        raise ValueError("no cues today")

    monkeypatch.setattr(beside, "usable_processors", lambda: processors)
    with Assessor.open(bundle, threads=1) as opened:
        with monkeypatch.context() as failing:
            failing.setattr("fundusgate.runtime.assessor.look", fail)
            with pytest.raises(ValueError, match="no cues today"):
                opened.assess(eye)
            with pytest.raises(ValueError, match="no cues today"):
                opened.glance(eye, want_map=False, want_score=False)
        assert opened.assess(eye).verdict in Verdict


def test_a_band_that_the_camera_cut_off_is_outside_the_map(assessor: Assessor, eye: NDArray[np.uint8]) -> None:
    cut = eye.copy()
    cut[:60] = 0
    cut[340:] = 0
    said = assessor.assess(cut)
    assert np.isnan(said.map[:2]).all()
    assert np.isnan(said.map[14:]).all()
    assert not np.isnan(said.map[8]).all()


def test_brighter_red_is_less_degraded(assessor: Assessor, eye: NDArray[np.uint8]) -> None:
    dim = assessor.assess((eye * 0.5).astype(np.uint8))
    assert dim.degraded_fraction >= assessor.assess(eye).degraded_fraction
    assert dim.score < assessor.assess(eye).score


@pytest.mark.parametrize("level", [0, 3, 255])
def test_black_and_white_are_never_accepted(assessor: Assessor, level: int) -> None:
    said = assessor.assess(np.full((300, 400, 3), level, np.uint8))
    assert said.verdict is Verdict.RETAKE
    if level < 8:
        assert said.main is CauseCode.NOT_FUNDUS


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (13, 2), (40, 30)])
def test_any_size_is_judged(assessor: Assessor, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    said = assessor.assess(rng.integers(0, 255, (*shape, 3), np.uint8))
    assert said.verdict is Verdict.RETAKE


@pytest.mark.parametrize(
    ("rgb", "error", "says"),
    [
        ([[1, 2, 3]], TypeError, "NumPy array"),
        (np.zeros((9, 9, 3), np.float32), TypeError, "uint8"),
        (np.zeros((9, 9, 3), np.uint16), TypeError, "not by its maximum"),
        (np.zeros((9, 9), np.uint8), ValueError, "H x W x 3"),
        (np.zeros((9, 9, 4), np.uint8), ValueError, "H x W x 3"),
        (np.zeros((0, 9, 3), np.uint8), ValueError, "at least one pixel"),
    ],
)
def test_bad_arrays_are_refused(assessor: Assessor, rgb: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        assessor.assess(rgb)  # type: ignore[arg-type]


def test_threads_share_it(assessor: Assessor, eye: NDArray[np.uint8]) -> None:
    pictures = [np.ascontiguousarray(np.roll(eye, shift, axis=1)) for shift in (0, 9, 18, 27)]
    alone = [assessor.assess(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(assessor.assess, pictures * 3))
    for index, said in enumerate(together):
        before = alone[index % len(pictures)]
        assert said.score == before.score
        np.testing.assert_array_equal(said.map, before.map)
        assert said.causes == before.causes


def test_the_profile_given_rules(bundle: Path, eye: NDArray[np.uint8]) -> None:
    strict = Profile.model_validate(
        {**Profile.load().model_dump(), "map": {"cell": 0.01, "accept": 0.0, "retake": 0.1}}
    )
    with Assessor.open(bundle, profile=strict, threads=1) as opened:
        assert opened.assess(eye).degraded_fraction == 1


def test_the_weights_own_working_points_replace_the_defaults(bundle: Path, tmp_path: Path) -> None:
    def state(content: dict[str, Any]) -> None:
        model(content, "map")["thresholds"] = {"map": 0.31, "retina": 0.7}
        model(content, "score")["thresholds"] = {"score": 48.0}

    usual = Profile.load()
    with Assessor.open(changed(bundle, tmp_path / "b", state), threads=1) as opened:
        assert opened.profile.map.cell == 0.31
        assert opened.profile.retina.network == 0.7
        assert opened.profile.score.retake == 48.0
        assert opened.profile.score.accept == 48.0 + usual.score.accept - usual.score.retake


def test_polarity_is_the_manifests(bundle: Path, tmp_path: Path, eye: NDArray[np.uint8], assessor: Assessor) -> None:
    def turn(content: dict[str, Any]) -> None:
        model(content, "map")["outputs"][0]["polarity"] = "high_is_good"

    with Assessor.open(changed(bundle, tmp_path / "b", turn), threads=1) as opened:
        np.testing.assert_allclose(opened.assess(eye).map, 1 - assessor.assess(eye).map, atol=1e-6)


def test_official_framing_cuts_the_whole_frame(bundle: Path, tmp_path: Path, eye: NDArray[np.uint8]) -> None:
    def whole(content: dict[str, Any]) -> None:
        how = model(content, "score")["preprocessing"]
        how.update(framing="frame", resize=SIDE + 16, crop=SIDE)

    from fundusgate.runtime.preprocessing import frame_whole
    from fundusgate.runtime.profile import Profile

    content = Profile.load().model_dump()
    alone = Profile.model_validate(content | {"score": content["score"] | {"by_map": 0.0}})
    with Assessor.open(changed(bundle, tmp_path / "b", whole), threads=1, profile=alone) as opened:
        expected = frame_whole(eye, resize=SIDE + 16, crop=SIDE).mean() / 255 * 100
        assert opened.assess(eye).score == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c["models"].pop(0), "no network for the score"),
        (lambda c: model(c, "map")["preprocessing"].update(version=99), "pre-processing 99"),
        (lambda c: model(c, "map")["outputs"][0].update(shape=[1, 1, 14, 14]), "16, 16"),
        (lambda c: model(c, "score")["outputs"][0].update(shape=[2]), "its manifest says"),
    ],
)
def test_bundles_that_do_not_serve_are_refused(
    bundle: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None], says: str
) -> None:
    with pytest.raises(AssessorError, match=says):
        Assessor.open(changed(bundle, tmp_path / "b", change))


def test_precision_is_never_replaced_in_silence(bundle: Path) -> None:
    with pytest.raises(AssessorError, match="int8"):
        Assessor.open(bundle, precision="int8")
    with pytest.raises(AssessorError, match="auto, fp32, int8"):
        Assessor.open(bundle, precision="fp64")


def test_an_altered_bundle_is_refused(bundle: Path, tmp_path: Path) -> None:
    folder = changed(bundle, tmp_path / "b", dict.copy)
    graph = folder / "dark-cells.fp32.onnx"
    graph.write_bytes(graph.read_bytes() + b" ")
    with pytest.raises(BundleError):
        Assessor.open(folder)


def test_a_graph_that_gives_nonsense_gives_no_assessment(bundle: Path, tmp_path: Path, eye: NDArray[np.uint8]) -> None:
    from fundusgate.runtime.backends.base import BackendError

    def broken(content: dict[str, Any]) -> None:
        graph = write_graph(
            tmp_path / "b" / "dark-cells.fp32.onnx",
            MAP.replace("more = Mul(shaped, four)", "more = Log(zero)").replace(
                "float four = {4.0}", "float[1,1] zero = {-1.0}, float four = {4.0}"
            ),
        )
        model(content, "map")["files"]["fp32"].update(sha256=file_sha256(graph), bytes=graph.stat().st_size)

    with Assessor.open(changed(bundle, tmp_path / "b", broken), threads=1) as opened, pytest.raises(BackendError):
        opened.assess(eye)


def test_closed_is_closed(bundle: Path, eye: NDArray[np.uint8]) -> None:
    opened = Assessor.open(bundle, threads=1)
    opened.close()
    opened.close()
    with pytest.raises(AssessorError, match="closed"):
        opened.assess(eye)


def test_importing_the_runtime_is_light() -> None:
    code = (
        "import sys, fundusgate.runtime;"
        "heavy = {'torch', 'onnx', 'onnxruntime', 'cv2', 'numpy', 'pydantic'} & set(sys.modules);"
        "assert not heavy, heavy;"
        "fundusgate.runtime.Assessor;"
        "assert not {'torch', 'onnx', 'onnxruntime'} & set(sys.modules)"
    )
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert time.perf_counter() - started < 30
    import fundusgate.runtime

    with pytest.raises(AttributeError, match="Asessor"):
        fundusgate.runtime.__getattr__("Asessor")
