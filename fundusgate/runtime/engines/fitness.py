"""Whether a plan fits this machine, said in a sentence before anything deserializes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.runtime.engines.plan_header import PlanHeader, read_header

if TYPE_CHECKING:
    from fundusgate.runtime.engines.record import BuiltOn, EngineRecord


@dataclass(frozen=True)
class Fitness:
    """Fits, or why not."""

    fits: bool
    reason: str = ""
    """A plain sentence; empty when it fits."""


def fitness(record: EngineRecord, start: bytes, plan_sha256: str, here: BuiltOn, source_sha256: str) -> Fitness:
    """Hold a plan to the machine.

    Args:
        record: The JSON beside it.
        start: Its first bytes.
        plan_sha256: Of the whole file.
        here: This machine and its TensorRT.
        source_sha256: Of the graph that the bundle holds now.

    Returns:
        Whether it may be deserialized; otherwise the first thing that is wrong.
    """
    header = read_header(start)
    there = record.built_on
    differences = (
        (header.writer != "TensorRT", _not_a_plan(header)),
        (plan_sha256 != record.plan_sha256, "its bytes are not those that were built: it is damaged or was exchanged"),
        (there.tensorrt != here.tensorrt, f"TensorRT {there.tensorrt} built it and TensorRT {here.tensorrt} is here"),
        (header.version != record.header_version, _other_header(header, record)),
        (
            there.compute_capability != here.compute_capability,
            f"it was built for compute {_dotted(there.compute_capability)}, here is {_dotted(here.compute_capability)}",
        ),
        (there.board != here.board, f"it was built on {there.board!r} and this is {here.board!r}"),
        (there.l4t != here.l4t, f"it was built under Jetson Linux {there.l4t or 'none'}, this is {here.l4t or 'none'}"),
        (
            record.source_sha256 != source_sha256,
            "the bundle holds another graph now than the one that it was built from",
        ),
    )
    wrong = next((reason for differs, reason in differences if differs), "")
    return Fitness(not wrong, wrong)


def _not_a_plan(header: PlanHeader) -> str:
    return f"{header.writer} wrote it, not TensorRT" if header.writer else "it does not begin as a TensorRT plan does"


def _other_header(header: PlanHeader, record: EngineRecord) -> str:
    said, known = (".".join(map(str, version)) for version in (header.version, record.header_version))
    return f"its header says TensorRT {said}, its JSON {known}: they do not belong together"


def _dotted(capability: tuple[int, int]) -> str:
    return f"{capability[0]}.{capability[1]}"
