"""OpenVINO's backend: the contract of every backend where it is installed, and what is said where it is not."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from fundusgate.runtime.assessor import Assessor
from fundusgate.runtime.backends.base import Backend, BackendError
from fundusgate.runtime.backends.choice import Engine
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from fundusgate.runtime.backends.openvino import OpenVinoBackend
from fundusgate.runtime.bundle import Bundle, shipped_bundle
from fundusgate.runtime.manifest import Precision
from tests.runtime.backends.contract import BackendContract, picture
from tests.runtime.graphs import MEANS, write_graph

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None, reason="OpenVINO is not installed: pip install 'fundusgate[openvino]'"
)


@needs_openvino
class TestOpenVinoBackend(BackendContract):
    def make(self, path: Path) -> Backend:
        return OpenVinoBackend(path, threads=1)

    def test_its_version_is_told(self, means: Backend) -> None:
        assert isinstance(means, OpenVinoBackend)
        with means:
            assert means.description.startswith("OpenVINO 20")

    def test_outputs_of_several_names_keep_the_graphs_own(self) -> None:
        """The shipped map network's second output gets the name of what was fused into it as well."""
        bundle = Bundle.open(shipped_bundle())
        model = bundle.manifest.models[0]
        with OpenVinoBackend(bundle.graph_path(model.name, Precision.INT8_CPU), threads=1) as backend:
            assert dict(backend.signature.outputs) == {item.name: tuple(item.shape) for item in model.outputs}

    @pytest.mark.parametrize("precision", [Precision.FP32, Precision.INT8_CPU])
    def test_the_shipped_networks_say_what_onnx_runtime_says(self, precision: Precision) -> None:
        bundle = Bundle.open(shipped_bundle())
        for model in bundle.manifest.models:
            path = bundle.graph_path(model.name, precision)
            image = np.random.default_rng(0).integers(0, 256, (model.preprocessing.size,) * 2 + (3,), dtype=np.uint8)
            with OpenVinoBackend(path, threads=1) as ours, OnnxRuntimeBackend(path, threads=1) as reference:
                expected, found = reference.infer(image), ours.infer(image)
            # INT8's rounding differs where a sum falls between two codes; a score is 0 to 1, a map a probability
            most = 1e-4 if precision is Precision.FP32 else 0.05
            for name, values in expected.items():
                np.testing.assert_allclose(found[name], values, atol=most, err_msg=f"{model.name} {name}")


@needs_openvino
def test_the_gate_runs_on_it_when_asked_by_name() -> None:
    with Assessor.open(backend="openvino", threads=1) as assessor:
        assert assessor.engine is Engine.OPENVINO
        assert assessor.running.startswith("The networks run on the processor with OpenVINO (efiqa-cp-edge as int8-cpu")
        assert "OpenVINO 20" in assessor.running


def test_threads_must_be_positive() -> None:
    with pytest.raises(BackendError, match="at least 1"):
        OpenVinoBackend(Path("any.onnx"), threads=0)


def test_without_openvino_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    backend = OpenVinoBackend(write_graph(tmp_path / "means.onnx", MEANS))
    with pytest.raises(BackendError, match=r"pip install 'fundusgate\[openvino\]'"):
        backend.open()
    with pytest.raises(BackendError, match="not open"):
        backend.infer(picture())
    with pytest.raises(BackendError, match="choose another --backend"):
        Assessor.open(backend="openvino")


def test_the_module_is_imported_without_the_engine() -> None:
    code = (
        "import sys, fundusgate.runtime.backends.openvino; print([m for m in sys.modules if m.startswith('openvino')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
