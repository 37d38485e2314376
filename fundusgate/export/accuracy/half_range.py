"""Whether what a network computes fits half precision, which ONNX Runtime on a processor cannot show.

Without half-precision kernels there it computes in float32 between casts that it then drops: 300,000 passes through a
half-precision graph unharmed (seen with ONNX Runtime 1.31), where half precision is infinite. So the float graph is
asked how large each of its tensors becomes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

from fundusgate.export.quantization.half import LARGEST
from fundusgate.export.saving import save_graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

HEADROOM = 2.0
"""How much larger a tensor may become on a photograph that was not looked at."""


def beyond_half(
    model: onnx.ModelProto, images: Iterable[NDArray[np.uint8]], scratch: Path | None = None
) -> dict[str, float]:
    """Tensors of a float graph that come near the end of half precision, 65,504.

    Args:
        model: float32, one uint8 input, shapes inferred.
        images: S x S x 3, as the network takes them.
        scratch: A folder for the graph that is run; the system's own for temporary files unless given.

    Returns:
        The largest absolute value by tensor, for those beyond 65,504 / `HEADROOM` or not finite.
    """
    opened, names = _with_largest(model)
    with tempfile.TemporaryDirectory(prefix="fundusgate-half-", dir=scratch) as folder:
        path = Path(folder) / "opened.onnx"
        save_graph(opened, path)
        options = ort.SessionOptions()
        # The usual order keeps every tensor until the network has run, 1.4 GiB of FTHNet-S; this one a third of that.
        options.execution_order = ort.ExecutionOrder.PRIORITY_BASED
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0].name
    largest = np.zeros(len(names))
    for image in images:
        largest = np.maximum(largest, [float(value) for value in session.run(None, {taken: image[None]})])
    return {name: most for name, most in zip(names, largest, strict=True) if not most <= LARGEST / HEADROOM}


def half_violations(beyond: Mapping[str, float]) -> list[str]:
    """What of a network does not fit half precision, in a sentence."""
    if not beyond:
        return []
    name, most = max(beyond.items(), key=lambda item: item[1])
    rest = f" and {len(beyond) - 1} more tensors" if len(beyond) > 1 else ""
    limit = f"half precision ends at {LARGEST:,.0f}, of which 1/{HEADROOM:g} may be used"
    return [f"{name}{rest} reaches {most:,.0f}: {limit}"]


def _with_largest(model: onnx.ModelProto) -> tuple[onnx.ModelProto, list[str]]:
    """The graph with the largest absolute value of each float tensor as its outputs, and the tensors' names."""
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    graph = opened.graph
    computed = {name for node in graph.node for name in node.output}
    named = [*graph.value_info, *graph.output]
    kinds = {value.name: value.type.tensor_type.elem_type for value in named}
    names = [name for name, kind in kinds.items() if kind == TensorProto.FLOAT and name in computed]
    del graph.output[:]
    for number, name in enumerate(names):
        sizes, largest = f"half_range_{number}_sizes", f"half_range_{number}"
        graph.node.append(helper.make_node("Abs", [name], [sizes]))
        graph.node.append(helper.make_node("ReduceMax", [sizes], [largest], keepdims=0))
        graph.output.append(helper.make_tensor_value_info(largest, TensorProto.FLOAT, []))
    return opened, names
