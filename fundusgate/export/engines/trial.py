"""One candidate tried: built, written, opened, compared with the fp32 graph and timed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fundusgate.export.engines.builder import BuildSettings, BuiltPlan, build_plan
from fundusgate.export.engines.comparison import Limits, check_photographs, compare
from fundusgate.export.engines.memory import LARGEST_WORKSPACE, workspace_for
from fundusgate.export.engines.taken import graph_taken_by
from fundusgate.export.engines.timing import time_backend
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from fundusgate.runtime.backends.tensorrt import TensorRtBackend
from fundusgate.runtime.engines.cache import Slot, source_hash, write_whole
from fundusgate.runtime.engines.plan_header import read_header
from fundusgate.runtime.engines.record import BuiltOn, EngineRecord
from fundusgate.runtime.manifest import Precision

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fundusgate.export.engines.candidates import Candidate
    from fundusgate.runtime.backends.base import Backend
    from fundusgate.runtime.bundle import Bundle
    from fundusgate.runtime.engines.api import TensorRt
    from fundusgate.runtime.engines.machine import Machine
    from fundusgate.runtime.manifest import ModelManifest


def run_plan(api: TensorRt, plan: bytes) -> Backend:
    """What runs a plan that was just built: the very backend that will run it in the clinic.

    Args:
        api: The TensorRT that built it.
        plan: Its bytes.
    """
    return TensorRtBackend(api, "the engine", lambda: plan)


@dataclass(frozen=True)
class Toolchain:
    """What builds and runs engines here."""

    api: TensorRt
    machine: Machine
    build: Callable[[TensorRt, Path, BuildSettings, bytes | None], BuiltPlan] = build_plan
    run: Callable[[TensorRt, bytes], Backend] = run_plan

    @property
    def here(self) -> BuiltOn:
        """This machine as records name it."""
        return BuiltOn.of(self.machine, self.api.version)


@dataclass(frozen=True)
class Wishes:
    """What the user asked for."""

    cache: Path
    rebuild: bool = False
    """Build again what is there already, whether it fits or not."""
    dla: bool = False
    workspace_cap: int = LARGEST_WORKSPACE
    """Most bytes of scratch memory."""
    limits: Limits = field(default_factory=Limits)


def try_candidate(
    bundle: Bundle,
    model: ModelManifest,
    candidate: Candidate,
    slot: Slot,
    tools: Toolchain,
    wishes: Wishes,
    progress: Callable[[str], None],
) -> EngineRecord:
    """Build an engine and learn what it is worth; it is in the cache afterwards, whether it passes or not.

    Args:
        bundle: Verified.
        model: One of its networks, with its fp32 graph, which is the reference.
        candidate: What to build.
        slot: Where to keep it.
        tools: TensorRT and this machine.
        wishes: What the user asked for.
        progress: Called with a sentence before each step.

    Returns:
        Its record.

    Raises:
        EngineError: Memory is short, TensorRT refused the graph, or TensorRT 8 needs the onnx package for it.
        BackendError: The engine or its reference cannot run.
        OSError: The disk refused.
    """
    entry = model.files[candidate.graph]
    graph_bytes = entry.bytes + sum(data.bytes for data in entry.external_data)
    workspace = workspace_for(tools.machine.available, graph_bytes, wishes.workspace_cap)
    settings = replace(candidate.settings, workspace=workspace)
    progress(f"{model.name}: building {candidate.name} (minutes on a small board)")
    held = slot.timing_cache.read_bytes() if slot.timing_cache.is_file() else b""
    path, quantized = bundle.graph_path(model.name, candidate.graph), candidate.graph is Precision.INT8_TRT
    with graph_taken_by(tools.api, path, quantized=quantized) as graph:
        built = tools.build(tools.api, graph, settings, held)
    if built.timing_cache:
        write_whole(slot.timing_cache, built.timing_cache)
    photographs = check_photographs(model.input.shape[1])
    reference_graph = bundle.graph_path(model.name, Precision.FP32)
    with tools.run(tools.api, built.plan) as engine, OnnxRuntimeBackend(reference_graph) as reference:
        progress(f"{model.name}: comparing {candidate.name} with ONNX Runtime")
        parity = compare(engine, reference, model.outputs, photographs, wishes.limits)
        progress(f"{model.name}: timing {candidate.name}")
        timings = time_backend(engine, photographs[0])
    record = EngineRecord(
        network=model.name,
        candidate=candidate.name,
        graph=candidate.graph,
        source_sha256=source_hash(entry),
        plan_sha256=hashlib.sha256(built.plan).hexdigest(),
        plan_bytes=len(built.plan),
        header_version=read_header(built.plan).version,
        built_on=tools.here,
        flags=tuple(settings.names()),
        workspace_bytes=workspace,
        build_seconds=built.seconds,
        warnings=built.warnings,
        timings=timings,
        parity=parity,
    )
    slot.keep(record, built.plan)
    return record
