"""One graph to one plan, through whatever TensorRT is there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fundusgate.runtime.engines.api import EngineError
from fundusgate.runtime.engines.listener import make_listener

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.runtime.engines.api import TensorRt


@dataclass(frozen=True)
class BuildSettings:
    """How a plan is built."""

    fp16: bool = False
    """Allow FP16 (weak typing)."""
    int8: bool = False
    """Allow INT8 where the graph has Q/DQ (weak typing)."""
    strong: bool = False
    """The graph's own types are binding."""
    workspace: int | None = None
    """Most bytes of scratch memory; None leaves TensorRT's own limit, which is the device's whole memory."""
    dla_core: int | None = None
    """DLA core to use, with the GPU for what does not map to it; None for the GPU alone."""
    capability: tuple[str, int] | None = None
    """TensorRT-RTX alone: name of the compute capability to build for, so that no GPU is needed, and its number."""

    def names(self) -> list[str]:
        """The flags in words, for the record."""
        flags = {"FP16": self.fp16, "INT8": self.int8, "STRONGLY_TYPED": self.strong}
        named = [name for name, wanted in flags.items() if wanted]
        return named if self.dla_core is None else [*named, f"DLA core {self.dla_core}", "GPU_FALLBACK"]


@dataclass(frozen=True)
class BuiltPlan:
    """A plan and what was learned on the way."""

    plan: bytes = field(repr=False)
    seconds: float
    timing_cache: bytes = field(repr=False)
    """To be given to the next build; empty where none was asked for or this TensorRT keeps none."""
    layers: str = field(repr=False)
    """The builder's own description of the engine, empty where it gave none."""
    warnings: tuple[str, ...]


def build_plan(api: TensorRt, graph: Path, settings: BuildSettings, timing_cache: bytes | None = None) -> BuiltPlan:
    """Parse a graph and build its engine.

    Args:
        api: TensorRT, or TensorRT-RTX.
        graph: The ONNX file; external weights lie beside it.
        settings: How.
        timing_cache: From an earlier build on the same machine, or empty to begin one; None for none. One that was
            made on another machine is ignored by TensorRT.

    Returns:
        The plan, not yet deserialized.

    Raises:
        EngineError: The parser or the builder refused the graph, or this TensorRT lacks what the settings ask for.
    """
    started = time.perf_counter()
    listener = make_listener(api)
    builder = api.module.Builder(listener)
    network = builder.create_network(_creation_flags(api, settings))
    parse(api, network, listener, graph)
    config = _configuration(api, builder, settings)
    cached = _use_timing_cache(api, config, timing_cache)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        said = "; ".join(listener.problems[-3:]) or "it gave no reason"
        raise EngineError(f"TensorRT {api.version} built no engine from {graph.name}: {said}")
    kept = bytes(config.get_timing_cache().serialize()) if cached else b""
    seconds = time.perf_counter() - started
    return BuiltPlan(bytes(plan), seconds, kept, listener.layers, tuple(listener.problems))


def parse(api: TensorRt, network: Any, listener: Any, graph: Path) -> None:  # noqa: ANN401 - TensorRT's own classes
    """Read a graph into a network.

    Raises:
        EngineError: The parser refused it; the message names the node.
    """
    parser = api.module.OnnxParser(network, listener)
    if parser.parse_from_file(str(graph)):
        return
    errors = [parser.get_error(index) for index in range(parser.num_errors)]
    said = "; ".join(f"{name_of(error)}: {error.desc()}" for error in errors) or "; ".join(listener.problems)
    raise EngineError(
        f"TensorRT {api.version} cannot read {graph.name}: {said}; `fundusgate readiness` says what to change"
    )


def name_of(error: Any) -> str:  # noqa: ANN401 - TensorRT's own class
    """The ONNX node that a parser error speaks of; TensorRT 8 knows only its number."""
    return str(error.node_name()) if hasattr(error, "node_name") else f"node {error.node()}"


def _creation_flags(api: TensorRt, settings: BuildSettings) -> int:
    kinds = api.module.NetworkDefinitionCreationFlag
    flags = 0
    if hasattr(kinds, "EXPLICIT_BATCH"):
        flags |= 1 << int(kinds.EXPLICIT_BATCH)
    if settings.strong:
        if not api.strong_typing:
            raise EngineError(f"TensorRT {api.version} has no strong typing: build the fp32 or int8-trt graph by flags")
        flags |= 1 << int(kinds.STRONGLY_TYPED)
    return flags


def _configuration(api: TensorRt, builder: Any, settings: BuildSettings) -> Any:  # noqa: ANN401 - TensorRT's own classes
    module = api.module
    config = builder.create_builder_config()
    config.profiling_verbosity = module.ProfilingVerbosity.DETAILED
    if settings.workspace is not None:
        config.set_memory_pool_limit(module.MemoryPoolType.WORKSPACE, settings.workspace)
    for name, wanted, offered in (("FP16", settings.fp16, api.fp16_flag), ("INT8", settings.int8, api.int8_flag)):
        if wanted and not offered:
            raise EngineError(f"TensorRT {api.version} has no {name} flag: build a graph that holds its types itself")
        if wanted:
            config.set_flag(getattr(module.BuilderFlag, name))
    if settings.dla_core is not None:
        _use_dla(api, builder, config, settings.dla_core)
    if settings.capability is not None:
        name, index = settings.capability
        config.num_compute_capabilities = 1
        config.set_compute_capability(getattr(module.ComputeCapability, name), index)
    return config


def _use_dla(api: TensorRt, builder: Any, config: Any, core: int) -> None:  # noqa: ANN401 - TensorRT's own classes
    if not builder.num_DLA_cores:
        raise EngineError(f"TensorRT {api.version} finds no deep-learning accelerator here: leave out --dla")
    config.default_device_type = api.module.DeviceType.DLA
    config.DLA_core = core
    config.set_flag(api.module.BuilderFlag.GPU_FALLBACK)


def _use_timing_cache(api: TensorRt, config: Any, held: bytes | None) -> bool:  # noqa: ANN401 - its own class
    if held is None or not api.timing_cache:
        return False
    cache = config.create_timing_cache(held)
    return bool(config.set_timing_cache(cache, ignore_mismatch=False))
