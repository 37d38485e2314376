"""What is measured, as it is written and read back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Made:
    """What quantizing took."""

    seconds: float
    """Collecting ranges and writing the graph; imports are not counted."""
    cpu_seconds: float
    """The same in processor time of all threads, which others on the machine stretch less."""
    peak_mib: float
    """Of the whole process."""
    before_mib: float
    """Of the process before it began, with everything imported."""
    versions: dict[str, str]


@dataclass(frozen=True)
class Flips:
    """Verdicts that differ from fp32's, with Wilson's 95 % interval."""

    hits: int
    trials: int
    low: float
    high: float


@dataclass(frozen=True)
class Coverage:
    """What the builder's audit and the JetPacks' rules say."""

    products: int
    """Convolutions and products in the graph."""
    quantized: int
    """Those that the graph means for INT8."""
    int8: int
    """Those that TensorRT-RTX multiplies in INT8."""
    fused: int
    """Quantized products that share a layer with another, as attention does: of those the builder does not say in
    which type they multiply."""
    int8_layers: list[str]
    refused: list[str]
    """Why there is no engine; empty where there is one."""
    jetpacks: dict[str, list[str]]
    """By JetPack, what its rules have against the graph; empty where it is ready."""


@dataclass(frozen=True)
class Row:
    """One network, quantized in one way."""

    variant: str
    network: str
    failed: str | None
    """Why there is no graph; everything below is then None or empty."""
    made: Made | None = None
    """None where it was made from another's graph."""
    bytes: int = 0
    opset: int = 0
    pairs: dict[str, int] = field(default_factory=dict)
    """Activations that pass a Q/DQ pair, by the operator that takes them."""
    per_tensor_weights: int = 0
    """Quantized weights with a single scale."""
    figures: dict[str, float] = field(default_factory=dict)
    flips: Flips | None = None
    """The other networks in fp32."""
    over_budget: list[str] = field(default_factory=list)
    coverage: Coverage | None = None
    """None where TensorRT is not meant to take it, or TensorRT-RTX is not installed."""
    milliseconds: float = 0.0
    """Median of one inference, ONNX Runtime on a processor."""
    speed: float = 0.0
    """fp32's time over this one's: the median over rounds in which both ran."""


@dataclass(frozen=True)
class Results:
    """Everything that one run measured."""

    machine: str
    command: str
    calibration_sha256: str
    calibrated_on: int
    measured_on: int
    fp32_milliseconds: dict[str, float]
    rows: list[Row]
    together: dict[str, Flips]
    """By variant, every network of the gate quantized so."""
    range_kept: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    """By network and variant: how much of the activations' largest values the scales keep (see `nodes.compared`)."""

    def row(self, variant: str, network: str) -> Row:
        """One cell of the comparison.

        Raises:
            KeyError: There is no such row.
        """
        for row in self.rows:
            if (row.variant, row.network) == (variant, network):
                return row
        raise KeyError(f"{variant} of {network}")

    def save(self, path: Path) -> None:
        """Write it as JSON.

        Raises:
            OSError: The disk refused.
        """
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def read_results(path: Path) -> Results:
    """Read what `Results.save` wrote.

    Raises:
        ValueError: It is something else.
        OSError: It cannot be read.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        rows = [_row(item) for item in content.pop("rows")]
        together = {name: Flips(**item) for name, item in content.pop("together").items()}
        return Results(rows=rows, together=together, **content)
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} holds no results of this benchmark ({error}): run it again") from error


def _row(item: dict[str, Any]) -> Row:
    kinds = {"made": Made, "flips": Flips, "coverage": Coverage}
    held = {name: kind(**item[name]) for name, kind in kinds.items() if item.get(name) is not None}
    return Row(**{**item, **held})
