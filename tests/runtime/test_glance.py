from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.codes import CauseCode
from fundusgate.phantom import render
from fundusgate.runtime import Assessor, AssessorError
from fundusgate.runtime.bundle import MANIFEST_NAME, file_sha256
from fundusgate.runtime.glance import signature_of
from fundusgate.runtime.manifest import Precision
from tests.commands.bundles import write_bundle
from tests.runtime.test_assessor import changed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def shipped() -> Iterator[Assessor]:
    with Assessor.open(threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def eye() -> NDArray[np.uint8]:
    return render(7, size=400).rgb


def test_a_full_glance_has_the_numbers_of_an_assessment(shipped: Assessor, eye: NDArray[np.uint8]) -> None:
    seen, said = shipped.glance(eye, want_map=True, want_score=True), shipped.assess(eye)
    assert seen.score == said.score
    assert seen.box == said.box
    np.testing.assert_array_equal(seen.shown_map(), said.map)
    told = {cause.code: cause.severity for cause in said.causes if cause.code is not CauseCode.UNKNOWN}
    assert told.items() <= seen.severities.items()
    own = ("disc", "framing", "waited", "map", "score", "cues")
    assert {*own, "preprocess", "total"} == set(seen.elapsed_ms)
    assert sum(seen.elapsed_ms[stage] for stage in own) <= seen.elapsed_ms["total"]


@pytest.mark.parametrize(("want_map", "want_score"), [(False, False), (True, False), (False, True)])
def test_what_was_not_asked_is_not_said(
    shipped: Assessor, eye: NDArray[np.uint8], want_map: bool, want_score: bool
) -> None:
    seen = shipped.glance(eye, want_map=want_map, want_score=want_score)
    assert (seen.map is not None, seen.opinion is not None) == (want_map, want_score)
    assert (seen.shown_map() is not None) == want_map
    assert ("map" in seen.elapsed_ms, "score" in seen.elapsed_ms) == (want_map, want_score)
    # a score is weighed with the map of the very frame, or it is none
    assert seen.score is None


def test_a_glance_refuses_what_an_assessment_refuses(shipped: Assessor) -> None:
    with pytest.raises(TypeError, match="uint8"):
        shipped.glance(np.zeros((9, 9, 3), np.float32), want_map=True, want_score=False)  # type: ignore[arg-type]


def test_a_closed_assessor_gives_no_glance(tmp_path: Path, eye: NDArray[np.uint8]) -> None:
    opened = Assessor.open(write_bundle(tmp_path / "b"), threads=1)
    opened.close()
    with pytest.raises(AssessorError, match="closed"):
        opened.glance(eye, want_map=False, want_score=False)


def test_the_signature_is_the_light_of_each_cell() -> None:
    framed = np.zeros((64, 64, 3), np.uint8)
    framed[:32, :, 1] = 200
    framed[:, :, 0] = 99
    cells = signature_of(framed, 16)
    assert cells.shape == (16, 16)
    assert (cells[:8] == 200).all()
    assert (cells[8:] == 0).all()


def test_auto_takes_int8_where_both_networks_have_it(tmp_path: Path) -> None:
    def add_int8(content: dict[str, Any], folder: Path, count: int) -> None:
        for entry in content["models"][:count]:
            graph = entry["files"]["fp32"]
            name = graph["file"].replace("fp32", "int8-cpu")
            (folder / name).write_bytes((folder / graph["file"]).read_bytes())
            entry["files"]["int8-cpu"] = graph | {"file": name}

    plain = write_bundle(tmp_path / "plain")
    for count, expected in ((2, Precision.INT8_CPU), (1, Precision.FP32)):
        folder = tmp_path / f"int8-of-{count}"
        changed(plain, folder, partial(add_int8, folder=folder, count=count))
        with Assessor.open(folder, threads=1) as opened:
            assert opened.precision == expected
        with Assessor.open(folder, precision="fp32", threads=1) as opened:
            assert opened.precision == Precision.FP32


def test_it_says_which_networks_ran(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b")
    with Assessor.open(folder, threads=1) as opened:
        told = {network.name: network.sha256 for network in opened.networks}
        assert opened.bundle_sha256 == file_sha256(folder / MANIFEST_NAME)
    assert told == {name: file_sha256(folder / f"{name}.fp32.onnx") for name in ("dark-cells", "red-light")}
