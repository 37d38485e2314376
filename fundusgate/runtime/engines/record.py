"""The JSON beside each plan: what it was built from, for what, how quick it is and how far from the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from fundusgate.runtime.manifest import Precision, Sha256

if TYPE_CHECKING:
    from fundusgate.runtime.engines.machine import Machine

RECORD_VERSION = 1


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class BuiltOn(_Strict):
    """The machine that the plan was built on, and the only kind that it fits."""

    board: str
    compute_capability: tuple[int, int]
    cuda: str
    l4t: str
    tensorrt: str

    @classmethod
    def of(cls, machine: Machine, tensorrt: str) -> BuiltOn:
        """The machine's facts beside TensorRT's version."""
        return cls(
            board=machine.board,
            compute_capability=machine.capability,
            cuda=machine.cuda,
            l4t=machine.l4t,
            tensorrt=tensorrt,
        )


class Timings(_Strict):
    """Milliseconds of one inference with its copies, back to back; nothing is left out."""

    runs: int = Field(gt=0)
    median: float = Field(gt=0)
    p90: float = Field(gt=0)
    p99: float = Field(gt=0)
    longest: float = Field(gt=0)


class EngineParity(_Strict):
    """How far the engine is from the fp32 graph on ONNX Runtime."""

    reference: str
    images: int = Field(gt=0)
    mean_abs_difference: dict[str, float]
    """By output name, in the output's own units."""
    max_abs_difference: dict[str, float]
    beyond: tuple[str, ...]
    """The limits that it does not keep, in words; empty when it passes."""


class EngineRecord(_Strict):
    """All of it."""

    schema_version: Literal[1] = 1
    network: str
    candidate: str
    graph: Precision
    source_sha256: Sha256
    """Of the ONNX file."""
    plan_sha256: Sha256
    plan_bytes: int = Field(gt=0)
    header_version: tuple[int, int, int, int]
    """The version in the plan's own header, as it was when it was built."""
    built_on: BuiltOn
    flags: tuple[str, ...]
    workspace_bytes: int | None
    build_seconds: float = Field(ge=0)
    warnings: tuple[str, ...] = ()
    """What TensorRT said while it built."""
    timings: Timings
    parity: EngineParity

    @property
    def passes(self) -> bool:
        """Whether the engine keeps the limits."""
        return not self.parity.beyond
