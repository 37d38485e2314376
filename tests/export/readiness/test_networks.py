"""The networks themselves: randomly initialised with made-up ranges, and whatever is shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import pytest
import torch
from onnx import TensorProto

from fundusgate.calibration.tensor_range import TensorRange
from fundusgate.export.engines.builder import BuildSettings, build_plan
from fundusgate.export.onnx_export import to_onnx
from fundusgate.export.quantization.int8_half import quantize_in_half
from fundusgate.export.quantization.targets import form_for
from fundusgate.export.quantization.tensorrt import quantize_for_tensorrt, tensorrt_tensors
from fundusgate.export.readiness import audit
from fundusgate.export.readiness.check import check
from fundusgate.export.readiness.coverage import must_be_int8
from fundusgate.export.readiness.graph import GraphView
from fundusgate.export.readiness.jetpacks import jetpacks_of, targets
from fundusgate.export.readiness.layers import read_layers
from fundusgate.export.readiness.subjects import Subject, subjects_of
from fundusgate.export.specs import spec_of
from fundusgate.models import build
from fundusgate.runtime.bundle import shipped_bundle
from fundusgate.runtime.engines.api import load
from fundusgate.runtime.manifest import Precision

if TYPE_CHECKING:
    from pathlib import Path

needs_rtx = pytest.mark.skipif(
    not audit.available(), reason="TensorRT-RTX is not installed: `make test` installs it on x86-64 Linux"
)

OLDEST = {"efiqa-cp-edge": "5.1", "fthnet-s": "6.0", "fthnet-l": "6.0"}
"""FTHNet's LayerNormalization is imported since TensorRT 8.6; for 5.1 it is written out."""


@pytest.fixture(
    scope="module",
    params=[("efiqa-cp-edge", "6.0"), ("efiqa-cp-edge", "6.1"), ("fthnet-s", "6.1"), ("fthnet-s", "5.1")],
    ids=lambda given: f"{given[0]}-from-{given[1]}",
)
def quantized(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, str]:
    """A network's graph for TensorRT; which layers run in INT8 does not hang on its weights or ranges."""
    name, made_for = request.param
    torch.manual_seed(0)
    model = to_onnx(spec_of(name), build(name).eval())
    ranges = {tensor: TensorRange(-3.0, 3.0) for tensor in tensorrt_tensors(model)}
    path = tmp_path_factory.mktemp("networks") / f"{name}.onnx"
    (jetpack,) = jetpacks_of(made_for)
    onnx.save(form_for(jetpack)(quantize_for_tensorrt(model, ranges)), path)
    return name, path, made_for if made_for == "6.1" else min(made_for, OLDEST[name])


def test_nothing_stops_a_network(quantized: tuple[str, Path, str]) -> None:
    _, path, oldest = quantized
    view = GraphView.read(path)
    for target in targets([oldest, "6.2", "7.x"]):
        stopping = [finding for finding in check(view, target).findings if finding.severity.stops]
        assert stopping == [], target.jetpack.version


@needs_rtx
def test_what_must_be_int8_is(quantized: tuple[str, Path, str]) -> None:
    name, path, _ = quantized
    view = GraphView.read(path)
    said = audit.audit(path, view)
    assert said.findings == ()
    wanted = must_be_int8(name, view)
    assert len(wanted) >= {"efiqa-cp-edge": 15, "fthnet-s": 48}[name]
    assert set(wanted) <= {product.node for product in said.products if product.int8}


def test_the_demand_names_the_networks_own_parts(quantized: tuple[str, Path, str]) -> None:
    name, path, _ = quantized
    view = GraphView.read(path)
    wanted = must_be_int8(name, view)
    if name == "efiqa-cp-edge":
        assert {node.name for node in view.heavy()} - set(wanted) == {"/map_head/Conv", "/retina_head/Conv"}
    else:
        assert all("/bbone/layers." in node for node in wanted)


@pytest.fixture(scope="module", params=["efiqa-cp-edge", "fthnet-s"])
def in_half(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A network's strongly typed graph with INT8 and half precision."""
    name = str(request.param)
    torch.manual_seed(0)
    model = to_onnx(spec_of(name), build(name).eval())
    ranges = {tensor: TensorRange(-3.0, 3.0) for tensor in tensorrt_tensors(model)}
    path = tmp_path_factory.mktemp("networks") / f"{name}.onnx"
    onnx.save(quantize_in_half(model, ranges), path)
    return name, path


def test_nothing_stops_a_network_in_half_precision(in_half: tuple[str, Path]) -> None:
    _, path = in_half
    subject = Subject("typed", path, Precision.INT8_FP16_TRT)
    meant = [target.jetpack.version for target in targets(["6.0", "6.1", "7.x"]) if subject.meant_for(target.jetpack)]
    assert meant == ["6.1", "7.0", "7.1", "7.2", "7.2.2"]
    for target in targets(["6.1", "6.2", "7.x"]):
        assert check(GraphView.read(path), target).ready, target.jetpack.version


@needs_rtx
def test_what_must_be_int8_is_in_half_precision_too(in_half: tuple[str, Path]) -> None:
    name, path = in_half
    view = GraphView.read(path)
    said = audit.audit(path, view)
    assert said.findings == ()
    assert set(must_be_int8(name, view)) <= {product.node for product in said.products if product.int8}


@needs_rtx
def test_the_rest_of_it_is_in_half_precision(in_half: tuple[str, Path]) -> None:
    """But for LayerNormalization and the outputs nothing in the graph is float32, and FTHNet's products write half."""
    name, path = in_half
    view = GraphView.read(path)
    wide = {node.op_type for node in view.nodes if view.type_of(node.output[0]) == TensorProto.FLOAT}
    assert wide <= {"Cast", "LayerNormalization"}
    built = build_plan(load(audit.PACKAGE), path, BuildSettings(capability=audit.CAPABILITY))
    written = [layer.outputs for layer in read_layers(built.layers) if layer.int8_product and layer.kind == "gemm"]
    assert set(written) == ({("Half",)} if name == "fthnet-s" else set())


def shipped() -> list[Subject]:
    folder = shipped_bundle()
    return subjects_of(folder) if folder.is_dir() else []


@needs_rtx
@pytest.mark.parametrize("subject", shipped(), ids=lambda subject: subject.name)
def test_every_shipped_graph(subject: Subject) -> None:
    network = subject.name.split()[0]
    view = GraphView.read(subject.path)
    meant = [
        target for target in targets([OLDEST.get(network, "6.0"), "6.2", "7.x"]) if subject.meant_for(target.jetpack)
    ]
    for target in meant:
        assert check(subject.taken_by(target.jetpack, view), target).ready, target.jetpack.version
    said = audit.audit(subject.path, view)
    assert said.findings == ()
    if subject.precision in (Precision.INT8_TRT, Precision.INT8_FP16_TRT):
        in_int8 = {product.node for product in said.products if product.int8}
        assert set(must_be_int8(network, view)) <= in_int8
