from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.evaluation.predictor import Predictor, framings, held_precisions
from fundusgate.phantom import render
from fundusgate.runtime.assessor import Assessor
from fundusgate.runtime.bundle import MANIFEST_NAME
from fundusgate.runtime.profile import Profile
from tests.commands.bundles import write_bundle
from tests.evaluation.bundles import write_two_precisions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_two_precisions(tmp_path_factory.mktemp("bundles") / "two")


def test_what_is_measured_is_what_the_camera_says(bundle: Path) -> None:
    rgb = np.asarray(render(3, size=128).rgb)
    with Predictor(bundle, "fp32", threads=1) as predictor, Assessor.open(bundle, "fp32", threads=1) as assessor:
        measured, said = predictor.predict(rgb), assessor.assess(rgb)
    assert (measured.score, measured.verdict, measured.box) == (said.score, said.verdict, said.box)
    assert np.array_equal(measured.map[measured.cells], said.map[measured.cells])
    assert np.isnan(said.map[~measured.cells]).all()
    assert measured.size == (128, 128)


def test_identities_differ_where_a_prediction_could(bundle: Path, tmp_path: Path) -> None:
    other = write_bundle(tmp_path / "other")
    profile = Profile.load()
    changed = profile.model_copy(update={"score": profile.score.model_copy(update={"by_map": 0.0})})
    identities = []
    for folder, precision, limits in (
        (bundle, "fp32", None),
        (bundle, "int8", None),
        (other, "fp32", None),
        (bundle, "fp32", changed),
    ):
        with Predictor(folder, precision, threads=1, profile=limits) as predictor:
            identities.append(predictor.identity)
    assert len(set(identities)) == 4
    with Predictor(bundle, "fp32", threads=2) as predictor:
        assert predictor.identity == identities[0]


def test_what_a_bundle_holds(bundle: Path, tmp_path: Path) -> None:
    assert held_precisions(bundle) == ("fp32", "int8")
    assert held_precisions(write_bundle(tmp_path / "plain")) == ("fp32",)


def test_a_published_framing_is_said(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "frame")
    path = folder / MANIFEST_NAME
    manifest = json.loads(path.read_text())
    manifest["models"][0]["preprocessing"] |= {"framing": "frame", "resize": 43, "crop": 32}
    path.write_text(json.dumps(manifest))
    said = framings(folder)
    assert "resized to 43 x 43" in said["red-light"]
    assert "20 random crops" in said["red-light"]
    assert "about the disc at 32 x 32" in said["dark-cells"]
    rgb = np.zeros((60, 90, 3), np.uint8)
    rgb[20:40, 20:70] = 255
    with Predictor(folder, "fp32", threads=1) as predictor:
        # the centre 32 of 43 across a stretched photograph: more of the white patch than of the photograph
        assert predictor.predict(rgb).opinion > 100 * rgb.mean() / 255


def test_a_missing_library_is_named_at_once() -> None:
    code = (
        "import sys\n"
        "sys.modules['sklearn'] = sys.modules['matplotlib'] = None\n"
        "from fundusgate.evaluation.extras import MissingExtraError, check_extra\n"
        "try: check_extra()\n"
        "except MissingExtraError as error: print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == (
        "scikit-learn, matplotlib not installed; on a workstation: pip install 'fundusgate[evaluation]'"
    )
