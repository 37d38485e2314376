"""The builder's own account of an engine: which layers it made of which ONNX nodes, in which types."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LAYER = re.compile(r"^Name: (?P<name>.*?), LayerType: (?P<kind>\w+),", re.MULTILINE)
_TYPE = re.compile(r"Datatype: (\w+)")
_NODE = re.compile(r"\[ONNX Layer: ([^\]]*)\]")

PRODUCTS = frozenset({"correlation", "convolution", "deconv", "gemm", "matmul"})
"""Kinds of layer that multiply and say in which types."""

WIDENING = frozenset({"runtime_fusion"})
"""Kinds of layer that were only seen to multiply in float: casts and scales stand before the product in their names."""


@dataclass(frozen=True)
class EngineLayer:
    """One layer of an engine, which may be many ONNX nodes in one."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    """Datatypes of the values that it takes, such as `Int8`, `Float`, `Half`."""
    constants: tuple[str, ...]
    """Datatypes of its weights, biases and scales."""
    outputs: tuple[str, ...]
    nodes: tuple[str, ...]
    """Names of the ONNX nodes that it came from."""

    @property
    def states_types(self) -> bool:
        """Whether it tells in which types it multiplies; a kernel generated for products among others does not."""
        return self.kind in PRODUCTS | WIDENING

    @property
    def int8_product(self) -> bool:
        """Whether it multiplies INT8 by INT8."""
        weights = [kind for kind in self.constants if kind == "Int8"]
        values = len(self.inputs) > 0 and all(kind == "Int8" for kind in self.inputs)
        return self.kind in PRODUCTS and values and len(self.inputs) + len(weights) > 1


def read_layers(message: str) -> list[EngineLayer]:
    """Read the message that begins with `Layers:`.

    Args:
        message: As TensorRT-RTX logs it with detailed profiling and a verbose logger.

    Returns:
        The layers in the engine's order; none where the message is empty.
    """
    return [_read(line) for line in message.splitlines() if _LAYER.match(line)]


def _read(line: str) -> EngineLayer:
    head = _LAYER.match(line)
    if head is None:
        raise ValueError(f"{line[:60]!r} describes no layer")
    parts = re.split(r"(?:^|, )(Inputs|Constants|Outputs|TacticName): ", line)
    named = dict(zip(parts[1::2], parts[2::2], strict=True))
    types = {part: tuple(_TYPE.findall(named.get(part, ""))) for part in ("Inputs", "Constants", "Outputs")}
    return EngineLayer(
        name=head["name"],
        kind=head["kind"],
        inputs=types["Inputs"],
        constants=types["Constants"],
        outputs=types["Outputs"],
        nodes=tuple(_NODE.findall(line)),
    )
