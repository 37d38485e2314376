"""Constants worked out beforehand that a graph would compute from smaller ones: what `compact` did, undone.

ONNX Runtime does so by itself when it opens a graph. TensorRT-RTX 1.7.1 was seen not to: of the position biases it made
14 kernels of FTHNet's half-precision graph that run every time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEPT = ("QuantizeLinear", "DequantizeLinear")
"""What makes a constant INT8 must be seen by who builds an engine."""


def expand(model: onnx.ModelProto) -> onnx.ModelProto:
    """A graph in which nothing but quantization is computed from constants alone.

    Args:
        model: Any precision, weights inside; left as it is.

    Returns:
        A checked graph of the same inputs, outputs and opset, shapes inferred, in which every tensor has the very same
        values; the model itself where there is nothing to work out.
    """
    nodes = list(_computed(model.graph))
    if not nodes:
        return model
    made = {name for node in nodes for name in node.output}
    others = [node for node in model.graph.node if not made.intersection(node.output)]
    results = dict.fromkeys(name for node in others for name in node.input if name in made)
    values = _worked_out(model, nodes, results)
    expanded = onnx.ModelProto()
    expanded.CopyFrom(model)
    graph = expanded.graph
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(others)
    read = {name for node in others for name in node.input}
    graph.initializer.extend(item for item in model.graph.initializer if item.name in read)
    graph.initializer.extend(values)
    graph.value_info.extend(item for item in model.graph.value_info if item.name not in made)
    onnx.checker.check_model(expanded, full_check=True)
    return onnx.shape_inference.infer_shapes(expanded, data_prop=True)


def _computed(graph: onnx.GraphProto) -> Iterable[onnx.NodeProto]:
    known = {item.name for item in graph.initializer}
    given = {value.name for value in graph.output}
    for node in graph.node:
        taken = [name for name in node.input if name]
        standard = node.domain in ("", "ai.onnx") and node.op_type not in _KEPT
        if standard and taken and known.issuperset(taken) and not given.intersection(node.output):
            known.update(node.output)
            yield node


def _worked_out(model: onnx.ModelProto, nodes: list[onnx.NodeProto], results: Iterable[str]) -> list[onnx.TensorProto]:
    known = {value.name: value for value in model.graph.value_info}
    wanted = [known[name] if name in known else helper.make_empty_tensor_value_info(name) for name in results]
    read = {name for node in nodes for name in node.input}
    held = [item for item in model.graph.initializer if item.name in read]
    alone = helper.make_model(
        helper.make_graph(nodes, "constants", [], wanted, held),
        opset_imports=model.opset_import,
        ir_version=model.ir_version,
    )
    found = ReferenceEvaluator(alone).run(None, {})
    return [numpy_helper.from_array(value, item.name) for item, value in zip(wanted, found, strict=True)]
