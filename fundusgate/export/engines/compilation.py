"""A bundle's networks to engines: every candidate built, timed and compared, the quickest that is right kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fundusgate.export.engines.candidates import Candidate, candidates
from fundusgate.export.engines.choice import Choice, choose
from fundusgate.export.engines.trial import Toolchain, Wishes, try_candidate
from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.engines.api import EngineError
from fundusgate.runtime.engines.cache import Slot, source_hash, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.runtime.bundle import Bundle
    from fundusgate.runtime.engines.record import BuiltOn, EngineRecord
    from fundusgate.runtime.manifest import ModelManifest

REBUILD = "compile with --rebuild to build it here"


@dataclass(frozen=True)
class CompiledNetwork:
    """What became of one network."""

    network: str
    slot: Slot
    choice: Choice
    records: tuple[EngineRecord, ...]
    failed: dict[str, str]
    """Candidates without an engine, and why."""
    reused: tuple[str, ...]
    """Candidates whose engines were there already."""

    def to_json_object(self) -> dict[str, Any]:
        """One network of `fundusgate compile --json`, and of the cache's `choice.json`."""
        kept = self.choice.kept
        return {
            "network": self.network,
            "kept": None if kept is None else kept.candidate,
            "plan": None if kept is None else str(self.slot.plan(kept.candidate)),
            "reason": self.choice.reason,
            "engines": [record.model_dump(mode="json") for record in self.records],
            "failed": self.failed,
            "reused": list(self.reused),
        }


def compile_network(
    bundle: Bundle, model: ModelManifest, tools: Toolchain, wishes: Wishes, progress: Callable[[str], None]
) -> CompiledNetwork:
    """Build every engine of one network, keep the best one.

    Args:
        bundle: Verified.
        model: One of its networks; it must hold the fp32 graph, which is the reference.
        tools: TensorRT and this machine.
        wishes: What the user asked for.
        progress: Called with a sentence before each step.

    Returns:
        What was built and what is kept; also written to the cache.

    Raises:
        EngineError: Nothing can be built, an engine in the cache does not fit and was not to be rebuilt, or memory is
            short.
        BackendError: The reference cannot run.
        OSError: The disk refused.
    """
    offered = candidates(tools.api, model.files, int8=tools.machine.multiplies_int8, dla=wishes.dla)
    slot = Slot.of(wishes.cache, model, tools.here)
    records: list[EngineRecord] = []
    failed: dict[str, str] = {}
    reused: list[str] = []
    for candidate in offered:
        known = None if wishes.rebuild else _finished(slot, model, candidate, tools.here)
        if known is not None:
            records.append(known)
            reused.append(candidate.name)
            continue
        try:
            records.append(try_candidate(bundle, model, candidate, slot, tools, wishes, progress))
        except (EngineError, BackendError) as error:
            failed[candidate.name] = str(error)
    outcome = CompiledNetwork(model.name, slot, choose(records, failed), tuple(records), failed, tuple(reused))
    write_whole(slot.choice, json.dumps(outcome.to_json_object(), indent=2).encode())
    return outcome


def _finished(slot: Slot, model: ModelManifest, candidate: Candidate, here: BuiltOn) -> EngineRecord | None:
    record = slot.read_record(candidate.name)
    if record is None:
        return None
    fit = slot.fitness(record, here, source_hash(model.files[candidate.graph]))
    if not fit.fits:
        raise EngineError(f"{slot.plan(candidate.name)} does not fit this machine: {fit.reason}; {REBUILD}")
    return record
