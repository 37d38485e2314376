from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peer.parity import run, run_once
from fundusgate import phantom
from fundusgate.export.accuracy.photographs import PreparedSet
from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.bundle import Bundle, shipped_bundle
from fundusgate.runtime.manifest import ModelManifest, Precision, Role


@pytest.fixture(scope="module")
def network() -> tuple[Path, ModelManifest]:
    """The shipped map network."""
    bundle = Bundle.open(shipped_bundle())
    manifest = bundle.first(Role.MAP)
    assert manifest is not None
    return bundle.graph_path(manifest.name, Precision.FP32), manifest


@pytest.fixture
def photographs(tmp_path: Path, network: tuple[Path, ModelManifest]) -> PreparedSet:
    """A phantom, and the same in a dark room."""
    how = network[1].preprocessing
    eye = phantom.render(1, size=how.size).rgb
    (tmp_path / "photographs.rgb").write_bytes(eye.tobytes() + (eye // 6).tobytes())
    return PreparedSet({how: tmp_path / "photographs.rgb"}, [None, None])  # type: ignore[list-item]


def test_a_run_that_was_cut_off_goes_on_with_the_outputs_that_it_kept(
    tmp_path: Path, network: tuple[Path, ModelManifest], photographs: PreparedSet
) -> None:
    graph, manifest = network
    copy = Path(shutil.copy(graph, tmp_path / "graph.onnx"))
    kept = tmp_path / "kept"
    kept.mkdir()
    first = run_once(copy, manifest, photographs, "these", kept)
    direct = run(graph, manifest, photographs)
    assert first["map"].shape == (2, 1, 1, 16, 16)
    assert np.array_equal(first["map"], direct["map"])
    assert not np.array_equal(first["map"][0], first["map"][1])
    (held,) = kept.iterdir()
    np.savez(held, **{name: value + 1 for name, value in first.items()})
    again = run_once(copy, manifest, photographs, "these", kept)
    assert np.array_equal(again["map"], first["map"] + 1)
    elsewhere = run_once(copy, manifest, photographs, "others", kept)
    assert np.array_equal(elsewhere["map"], first["map"])


def test_a_graph_that_does_not_run_keeps_nothing(
    tmp_path: Path, network: tuple[Path, ModelManifest], photographs: PreparedSet
) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no graph")
    kept = tmp_path / "kept"
    kept.mkdir()
    with pytest.raises(BackendError, match=r"broken\.onnx"):
        run_once(broken, network[1], photographs, "these", kept)
    assert list(kept.iterdir()) == []
