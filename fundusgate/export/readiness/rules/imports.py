"""What TensorRT's ONNX parser imports at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnx import TensorProto

from fundusgate.export.readiness.findings import Finding, Severity
from fundusgate.export.readiness.graph import attribute, label
from fundusgate.export.readiness.operators import FIRST_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

    from fundusgate.export.readiness.graph import GraphView
    from fundusgate.export.readiness.jetpacks import Target

UINT8_SINCE = (8, 5)
"""First TensorRT with uint8 network inputs (onnx-tensorrt changelog, 8.5)."""

KERNEL_SHAPE_INFERRED_SINCE = (10, 4)
"""First TensorRT that infers the kernel's shape of a convolution with computed weights (the same, 10.4)."""


def opset(view: GraphView, target: Target) -> Iterator[Finding]:
    """The graph's opset is not newer than the parser's."""
    if view.opset > target.jetpack.opset:
        yield Finding(
            "opset",
            Severity.REFUSED,
            "",
            "",
            f"opset {view.opset} is newer than {target.jetpack.opset}, the newest of {target.jetpack.tensorrt_name}",
            f"export with opset {target.jetpack.opset} or older",
        )


def operators(view: GraphView, target: Target) -> Iterator[Finding]:
    """Every operator is one that this parser imports."""
    for node in view.nodes:
        if node.domain not in ("", "ai.onnx"):
            reason = f"{node.domain}.{node.op_type} is no operator of ONNX itself"
            yield _refused("operator", node, reason, "export without fused or foreign operators")
            continue
        first = FIRST_VERSION.get(node.op_type)
        if first is None:
            reason = f"TensorRT's parser is not known to import {node.op_type}"
            yield _refused("operator", node, reason, "write it with other operators, or fold it before exporting")
        elif first > target.jetpack.tensorrt:
            reason = f"{node.op_type} is imported since TensorRT {first[0]}.{first[1]}, this is"
            advice = "export with opset 16, where it is written out" if node.op_type == "LayerNormalization" else ""
            reason = f"{reason} {target.jetpack.tensorrt_name}"
            yield _refused("operator", node, reason, advice or "write it with other operators, or use a newer JetPack")


def unique_names(view: GraphView, target: Target) -> Iterator[Finding]:  # noqa: ARG001 - every rule is called alike
    """No two nodes have one name: TensorRT-RTX's parser stops at the second, for Q and DQ nodes at least."""
    seen: set[str] = set()
    told: set[str] = set()
    for node in view.nodes:
        if node.name and node.name in seen and node.name not in told:
            told.add(node.name)
            yield _refused("name", node, "another node has the same name", "give every node a name of its own, or none")
        seen.add(node.name)


def byte_input(view: GraphView, target: Target) -> Iterator[Finding]:
    """uint8 is for the network's inputs, and a Cast is all that may take it."""
    for value in view.inputs:
        if value.type.tensor_type.elem_type != TensorProto.UINT8:
            continue
        if target.jetpack.tensorrt < UINT8_SINCE:
            reason = f"input {value.name!r} is uint8, which TensorRT takes since 8.5; this is"
            reason = f"{reason} {target.jetpack.tensorrt_name}"
            yield Finding("uint8-input", Severity.REFUSED, value.name, "", reason, "give it float32 pixels")
        for node in view.consumers.get(value.name, []):
            if node.op_type != "Cast":
                reason = f"{node.op_type} takes the uint8 input; only a Cast may"
                yield _refused("uint8-input", node, reason, "cast to float32 first, then move axes and normalise")


def fixed_shapes(view: GraphView, target: Target) -> Iterator[Finding]:  # noqa: ARG001 - every rule is called alike
    """Every input has a fixed shape: without an optimisation profile the builder stops at any other."""
    for value in view.inputs:
        if view.shape_of(value.name) is None:
            reason = f"input {value.name!r} has no fixed shape, and the builder wants an optimisation profile for it"
            yield Finding("dynamic-shape", Severity.REFUSED, value.name, "", reason, "export with a batch of one")


def resize(view: GraphView, target: Target) -> Iterator[Finding]:  # noqa: ARG001 - every rule is called alike
    """Resize without antialiasing."""
    for node in view.nodes:
        if node.op_type == "Resize" and attribute(node, "antialias", 0):
            yield _refused(
                "resize-antialias", node, "the parser refuses Resize with antialias=1", "resize outside the graph"
            )


def computed_kernels(view: GraphView, target: Target) -> Iterator[Finding]:
    """A convolution whose weights are computed must state its kernel's shape before TensorRT 10.4."""
    if target.jetpack.tensorrt >= KERNEL_SHAPE_INFERRED_SINCE:
        return
    for node in view.nodes:
        if node.op_type not in ("Conv", "ConvTranspose") or view.is_constant(node.input[1]):
            continue
        if not attribute(node, "kernel_shape", ()):
            reason = f"its weights are computed and {target.jetpack.tensorrt_name} infers no kernel shape from them"
            yield _refused("computed-kernel", node, reason, "write kernel_shape into the node")


def _refused(rule: str, node: onnx.NodeProto, reason: str, advice: str) -> Finding:
    return Finding(rule, Severity.REFUSED, label(node), node.op_type, reason, advice)


RULES = (opset, operators, unique_names, byte_input, fixed_shapes, resize, computed_kernels)
"""Every rule of this subject."""
