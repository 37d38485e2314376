"""PyTorch to ONNX: one photograph in, fixed shapes, opset 17 unless told otherwise.

The graph comes from PyTorch's tracing exporter. Its newer one (`dynamo=True`) writes opset 18 and converts downwards,
and at opset 17, which TensorRT before 10 needs, its result was refused by ONNX Runtime for FTHNet and left at opset 18
for the edge network (torch 2.13, onnxscript 0.7).
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import onnx
import torch
from torch.jit._trace import TracerWarning

from fundusgate import __version__
from fundusgate.export.deployed import Deployed
from fundusgate.export.simplify import simplify
from fundusgate.export.specs import ExportError

if TYPE_CHECKING:
    from torch import nn

    from fundusgate.export.specs import ExportSpec

OPSET: int = 17
"""What TensorRT 8.6 and later take whole; 8.5 takes it but for LayerNormalization."""

INPUT_NAME = "image"


def to_onnx(spec: ExportSpec, network: nn.Module, opset: int = OPSET) -> onnx.ModelProto:
    """A network as a checked, simplified ONNX model.

    Args:
        spec: How the network is deployed.
        network: Its weights; evaluation mode is taken, the module itself stays as it is.
        opset: Of the standard operators.

    Returns:
        Input `image` uint8 [1, S, S, 3], outputs as the spec states them; every intermediate shape is inferred.

    Raises:
        ExportError: The exporter left something that the graph must not hold, or an output of another shape.
    """
    deployed = Deployed(spec, network).eval()
    image = torch.zeros((1, spec.size, spec.size, 3), dtype=torch.uint8)
    names = [output.name for output in spec.outputs]
    stream = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter announces its own end, and that sizes become constants, which is what is wanted.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", TracerWarning)
        torch.onnx.export(
            deployed,
            (image,),
            stream,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=opset,
            input_names=[INPUT_NAME],
            output_names=names,
        )
    model = simplify(onnx.load_from_string(stream.getvalue()))
    _describe(model, spec)
    _check(model, spec)
    return model


def _describe(model: onnx.ModelProto, spec: ExportSpec) -> None:
    model.producer_name, model.producer_version = "fundusgate", __version__
    model.graph.name = spec.name
    said = {"name": spec.name, "role": spec.role.value, "precision": "fp32"}
    for output in spec.outputs:
        said[f"output.{output.name}"] = f"{output.meaning}, {output.polarity}, x{output.scale:g}"
    onnx.helper.set_model_props(model, {f"fundusgate.{key}": value for key, value in said.items()})


def _check(model: onnx.ModelProto, spec: ExportSpec) -> None:
    onnx.checker.check_model(model, full_check=True)
    foreign = sorted({node.domain for node in model.graph.node if node.domain not in ("", "ai.onnx")})
    if foreign:
        raise ExportError(f"the graph of {spec.name} holds operators of {foreign}, which TensorRT does not know")
    stated = {output.name: output.shape for output in spec.outputs}
    found = {
        value.name: tuple(side.dim_value for side in value.type.tensor_type.shape.dim) for value in model.graph.output
    }
    if found != stated:
        raise ExportError(f"the graph of {spec.name} gives {found}, its specification says {stated}")
