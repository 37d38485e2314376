from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
import torch
import typer
from onnx.reference import ReferenceEvaluator
from safetensors.torch import save_file
from typer.testing import CliRunner

from fundusgate.commands.export import export
from fundusgate.export.quantization.targets import form_for, targets_in
from fundusgate.export.quantization.written_out import write_out
from fundusgate.export.readiness.jetpacks import JETPACKS
from fundusgate.export.specs import ExportError
from fundusgate.models import build
from fundusgate.runtime.bundle import Bundle
from fundusgate.runtime.manifest import Precision

if TYPE_CHECKING:
    from pathlib import Path


def normalisation(shape: list[int], sides: list[int], said: dict[str, float], *, bias: bool) -> onnx.ModelProto:
    """One LayerNormalization; its gain, and its bias where it has one, are well off one and zero."""
    random = np.random.default_rng(0)
    names = ["gain", "bias"][: 1 + bias]
    constants = [onnx.numpy_helper.from_array(random.normal(1, 0.5, sides).astype(np.float32), name) for name in names]
    node = onnx.helper.make_node("LayerNormalization", ["x", *names], ["y"], name="norm", **said)
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in ("x", "y")]
    graph = onnx.helper.make_graph([node], "alone", ends[:1], ends[1:], constants)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize(
    ("shape", "sides", "said", "bias"),
    [
        ([2, 5, 8], [8], {"axis": -1, "epsilon": 0.1}, True),
        ([2, 5, 8], [5, 8], {"axis": 1}, True),
        ([3, 8], [8], {}, False),
    ],
)
def test_written_out_it_computes_the_same(
    shape: list[int], sides: list[int], said: dict[str, float], bias: bool
) -> None:
    model = normalisation(shape, sides, said, bias=bias)
    written = write_out(model)
    assert "LayerNormalization" not in {node.op_type for node in written.graph.node}
    assert [item.version for item in written.opset_import] == [16]
    x = np.random.default_rng(1).normal(3, 2, shape).astype(np.float32)
    (wanted,), (given,) = (ReferenceEvaluator(graph).run(None, {"x": x}) for graph in (model, written))
    np.testing.assert_allclose(given, wanted, atol=1e-5)
    assert np.abs(wanted).max() > 0.5


def test_a_newer_opset_is_not_passed_off_as_an_older() -> None:
    model = normalisation([3, 8], [8], {}, bias=False)
    model.opset_import[0].version = 18
    with pytest.raises(ValueError, match="opset 17"):
        write_out(model)


def test_only_a_jetpack_that_needs_it_gets_it() -> None:
    model = normalisation([3, 8], [8], {}, bias=False)
    assert form_for(JETPACKS["6.0"])(model) is model
    assert form_for(JETPACKS["5.1"])(model) == write_out(model) != model
    with pytest.raises(ExportError, match=r"5\.1 is the oldest"):
        form_for(JETPACKS["5.0"])


def test_the_graph_for_tensorrts_flags_alone_is_written_out() -> None:
    marked: list[Precision] = []
    usual = targets_in(lambda model: model)
    for target, plain in zip(targets_in(write_out), usual, strict=True):
        if target.precision is Precision.FP16_TRT:
            model = normalisation([3, 8], [8], {}, bias=False)
            assert target.make(model, {}, ()) == plain.make(model, {}, ())
        if target.precision is Precision.INT8_TRT:
            model = normalisation([3, 8], [8], {}, bias=False)
            assert [item.version for item in target.make(model, {}, ()).opset_import] == [16]
        marked.append(target.precision)
    assert marked == [Precision.INT8_CPU, Precision.INT8_TRT, Precision.FP16_TRT, Precision.INT8_FP16_TRT]


def test_the_command_writes_fthnet_for_jetpack_5_1(tmp_path: Path) -> None:
    torch.manual_seed(0)
    save_file(build("fthnet-s").state_dict(), tmp_path / "s.safetensors")
    app = typer.Typer()
    app.command()(export)
    named = ["--out", str(tmp_path / "bundle"), "--model", f"fthnet-s={tmp_path / 's.safetensors'}"]
    result = CliRunner().invoke(app, [*named, "--jetpack", "5.1"])
    assert result.exit_code == 0, result.output
    bundle = Bundle.open(tmp_path / "bundle")
    entry = bundle.model("fthnet-s").files[Precision.FP32]
    assert entry.opset == 16
    graph = onnx.load(bundle.graph_path("fthnet-s", Precision.FP32))
    assert "LayerNormalization" not in {node.op_type for node in graph.graph.node}
    assert bundle.model("fthnet-s").parity[Precision.FP32].max_abs_difference["score"] < 1e-5
    assert CliRunner().invoke(app, [*named, "--jetpack", "4.6"]).exit_code == 1
    assert CliRunner().invoke(app, [*named, "--jetpack", "9"]).exit_code == 2
