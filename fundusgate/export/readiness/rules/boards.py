"""What the board and its TensorRT make of the graph as a whole: INT8 hardware, typing, the DLA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnx import TensorProto

from fundusgate.export.readiness.findings import Finding, Severity
from fundusgate.export.readiness.graph import MOVES, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundusgate.export.readiness.graph import GraphView
    from fundusgate.export.readiness.jetpacks import Target

DLA_UNTIL = (10, 7)
"""The last TensorRT 10 with DLA."""

_ON_DLA = MOVES - {"Gather", "GatherND", "Tile", "Expand"} | {
    "Add", "AveragePool", "BatchNormalization", "Cast", "Clip", "Conv", "ConvTranspose", "Div", "Gemm",
    "GlobalAveragePool", "GlobalMaxPool", "LeakyRelu", "MatMul", "Max", "Min", "Mul", "PRelu", "Pow", "Relu", "Resize",
    "Sigmoid", "Softmax", "Sub", "Sum", "Tanh",
}  # fmt: skip


def int8_hardware(view: GraphView, target: Target) -> Iterator[Finding]:
    """A board that multiplies no INT8 runs a quantized graph in float."""
    without = [board.name for board in target.boards if not board.int8]
    if not view.quantized or not without:
        return
    everywhere = len(without) == len(target.boards)
    yield Finding(
        "int8-hardware",
        Severity.NOT_INT8 if everywhere else Severity.NOTE,
        "",
        "",
        f"{', '.join(without)} multiplies no INT8: the quantized graph runs there in float, and slower than fp16",
        "compile the fp32 graph in FP16 for it",
    )


def typing(view: GraphView, target: Target) -> Iterator[Finding]:
    """Where a TensorRT has no FP16 flag, the graph's own types are what runs."""
    jetpack = target.jetpack
    half = any(kind == TensorProto.FLOAT16 for kind in _types(view))
    if not jetpack.weakly_typed and not half:
        yield Finding(
            "typing",
            Severity.NOTE,
            "",
            "",
            f"{jetpack.tensorrt_name} has no FP16 flag: what is float32 in this graph runs in float32",
            f"compile the {'int8-fp16-trt' if view.quantized else 'fp16-trt'} graph there",
        )
    if half and jetpack.weakly_typed and view.quantized and any(board.name != "thor" for board in target.boards):
        yield Finding(
            "half-qdq",
            Severity.NOTE,
            "",
            "",
            "a strongly typed fp16 graph with Q/DQ failed to build on Orin with TensorRT 10.16 (NVIDIA/TensorRT#4832)",
            "keep the int8-trt graph beside it; compile takes whichever builds",
        )


def unverified(view: GraphView, target: Target) -> Iterator[Finding]:  # noqa: ARG001 - every rule is called alike
    """What is said of this JetPack without anybody having checked it."""
    if target.jetpack.unverified:
        reason = f"of JetPack {target.jetpack.version}, {target.jetpack.unverified} is unverified"
        yield Finding("unverified", Severity.NOTE, "", "", reason, "take these findings with care")


def python_version(view: GraphView, target: Target) -> Iterator[Finding]:  # noqa: ARG001 - every rule is called alike
    """TensorRT's Python package is for the JetPack's own Python."""
    if not target.jetpack.runs_fundusgate:
        reason = f"its TensorRT package is for Python {target.jetpack.python}, fundusgate needs 3.10 or newer"
        yield Finding("python", Severity.NOTE, "", "", reason, "build the engine with trtexec there, or use JetPack 6")


def dla(view: GraphView, target: Target) -> Iterator[Finding]:
    """What the deep-learning accelerator would take, where it is asked for."""
    if not target.dla:
        return
    without = [board.name for board in target.boards if not board.dla]
    if len(without) == len(target.boards):
        reason = f"{', '.join(without)} has no deep-learning accelerator"
        yield Finding("dla", Severity.REFUSED, "", "", reason, "leave out --dla")
        return
    if target.jetpack.tensorrt[:2] > DLA_UNTIL:
        reason = f"{target.jetpack.tensorrt_name} drives no DLA; the last TensorRT 10 that does is 10.7"
        yield Finding("dla", Severity.REFUSED, "", "", reason, "leave out --dla")
        return
    if view.quantized:
        reason = "the DLA takes no Q/DQ nodes: what is quantized runs on the GPU"
        yield Finding("dla", Severity.NOTE, "", "", reason, "give the DLA the fp32 graph, in FP16")
    for node in view.nodes:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear") or view.is_constant(node.output[0]):
            continue
        computed = node.op_type == "MatMul" and not any(view.is_constant(name) for name in node.input)
        if computed or node.op_type not in _ON_DLA:
            what = "a product of two computed tensors" if computed else node.op_type
            reason = f"{what} does not map to the DLA: it runs on the GPU, with a copy each way"
            yield Finding("dla", Severity.NOTE, label(node), node.op_type, reason, "use the GPU for this network")


def _types(view: GraphView) -> set[int]:
    types = {item.data_type for item in view.model.graph.initializer}
    return types | {value.type.tensor_type.elem_type for value in view.model.graph.value_info}


RULES = (int8_hardware, typing, unverified, python_version, dla)
"""Every rule of this subject."""
