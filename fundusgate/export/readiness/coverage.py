"""Which products of each network must run in INT8 for its INT8 graph to be worth shipping."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fundusgate.export.readiness.graph import label

if TYPE_CHECKING:
    from fundusgate.export.readiness.graph import GraphView

_PROJECTION = re.compile(r"/(qkv|proj|fc1|fc2)/(MatMul|Gemm)$")
"""The projections of FTHNet's backbone, as the exporter names them after the modules."""


def must_be_int8(network: str, view: GraphView) -> list[str]:
    """Names of the nodes that must multiply in INT8.

    Args:
        network: Its name in `fundusgate.models`.
        view: Any of its graphs.

    Returns:
        For `efiqa-cp-edge` every convolution but the heads, for FTHNet every projection of the backbone; none for
        networks of which nothing is demanded.
    """
    if network.startswith("fthnet"):
        return [label(node) for node in view.heavy() if _PROJECTION.search(label(node))]
    if network != "efiqa-cp-edge":
        return []
    feeding = _feed_a_convolution(view)
    return [label(node) for node in view.heavy() if node.op_type == "Conv" and node.output[0] in feeding]


def _feed_a_convolution(view: GraphView) -> set[str]:
    """Every tensor from which another convolution's values are computed; heads are those that feed none."""
    reached: set[str] = set()
    waiting = [node.input[0] for node in view.heavy() if node.op_type == "Conv"]
    while waiting:
        tensor = waiting.pop()
        if tensor in reached:
            continue
        reached.add(tensor)
        producer = view.producer(tensor)
        if producer is not None:
            waiting.extend(name for name in producer.input if name)
    return reached
