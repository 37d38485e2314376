"""What each network costs, without its weights: a table of counts that comes with the package.

`benchmarks/count_networks.py` makes the table from the networks' own graphs; tests count some of them again. So neither
torch nor onnx is needed to estimate a network, nor weights that few have.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundusgate.export.readiness.roofline import Floats, NodeWork, Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TABLE = Path(__file__).with_name("networks.json")
INT8 = "int8"
PRECISIONS = (Floats.FP32.value, Floats.FP16.value, INT8)
"""What TensorRT can be asked for; in INT8 what the rules leave in float is FP16."""


@dataclass(frozen=True)
class CountedNetwork:
    """One network at one size of photograph.

    Attributes:
        parameters: its constants.
        outside: values of the photograph and of the results.
        alive: most values that are alive at once.
        nodes: how often each kind of node stands in its graph; `int8` says what INT8 would take, by the rules of
            `quantization.rules` for TensorRT.
    """

    parameters: int
    outside: int
    alive: int
    nodes: Mapping[NodeWork, int]

    def work(self, precision: str) -> Work:
        """What it costs in one of `PRECISIONS`."""
        nodes: list[NodeWork] = []
        for node, count in self.nodes.items():
            in_int8 = precision == INT8 and node.int8
            nodes += [replace(node, int8=in_int8)] * count
            if in_int8:
                # its input is rounded first
                nodes += [NodeWork(0, node.read, 0, node.read, int8=True, pointwise=True)] * count
        floats = Floats.FP32 if precision == Floats.FP32.value else Floats.FP16
        return Work(tuple(nodes), self.outside, self.alive, floats)

    def to_json_object(self) -> dict[str, Any]:
        """For the table."""
        rows = [
            [count, node.multiplications, node.read, node.weights, node.written, int(node.int8), int(node.pointwise)]
            for node, count in self.nodes.items()
        ]
        head = {"parameters": self.parameters, "outside": self.outside, "alive": self.alive}
        return {**head, "nodes": sorted(rows, reverse=True)}

    @classmethod
    def from_json_object(cls, content: dict[str, Any]) -> CountedNetwork:
        """Read back."""
        nodes = {
            NodeWork(multiplications, read, weights, written, bool(int8), bool(pointwise)): count
            for count, multiplications, read, weights, written, int8, pointwise in content["nodes"]
        }
        return cls(content["parameters"], content["outside"], content["alive"], nodes)


def tally(nodes: Iterable[NodeWork]) -> dict[NodeWork, int]:
    """How often each kind of node is among them."""
    return dict(Counter(nodes))


@cache
def counted_networks() -> dict[str, CountedNetwork]:
    """Every network by name, those that take several sizes as `NAME@SIZE`."""
    content = json.loads(TABLE.read_text(encoding="utf-8"))
    return {name: CountedNetwork.from_json_object(item) for name, item in content.items()}


def works() -> dict[str, Work]:
    """What every network costs in every precision, by `NAME PRECISION`."""
    return {
        f"{name} {precision}": network.work(precision)
        for name, network in counted_networks().items()
        for precision in PRECISIONS
    }
