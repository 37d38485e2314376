"""A bundle's networks opened on the best that is there, and what that is."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.backends.choice import ON_PROCESSOR, Engine, attempts, told
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from fundusgate.runtime.backends.onnx_gpu import CUDA_PROVIDER, TENSORRT_PROVIDER, OnnxRuntimeGpuBackend
from fundusgate.runtime.backends.openvino import OpenVinoBackend
from fundusgate.runtime.backends.surroundings import look
from fundusgate.runtime.backends.tensorrt import TensorRtBackend
from fundusgate.runtime.engines.cache import default_cache
from fundusgate.runtime.framing.framer import PROCESSOR
from fundusgate.runtime.framing.trial import Framing, choose
from fundusgate.runtime.manifest import Framing as How
from fundusgate.runtime.manifest import Role
from fundusgate.runtime.networks import check_signature, common_precision
from fundusgate.runtime.prepared import CUE_SIDE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fundusgate.runtime.backends.base import Backend
    from fundusgate.runtime.backends.device_input import DeviceInput
    from fundusgate.runtime.backends.surroundings import Found
    from fundusgate.runtime.bundle import Bundle
    from fundusgate.runtime.framing.framer import Framer
    from fundusgate.runtime.manifest import ModelManifest


@dataclass(frozen=True)
class OpenNetwork:
    """A network that is ready to run.

    Attributes:
        manifest: what the bundle says of it.
        backend: what runs it, open.
        precision: the variant that runs: of the bundle's graphs, or the name of the engine.
        sha256: of the file that runs.
    """

    manifest: ModelManifest
    backend: Backend
    precision: str
    sha256: str


@dataclass(frozen=True)
class OpenNetworks:
    """Every network, on one kind of engine.

    Attributes:
        of: by role.
        engine: what runs them.
        running: what runs them, and why nothing better does, in one sentence.
        framer: frames their photographs.
    """

    of: Mapping[Role, OpenNetwork]
    engine: Engine
    running: str
    framer: Framer = PROCESSOR

    def close(self) -> None:
        """Give every network back."""
        with ExitStack() as every:
            for network in self.of.values():
                every.callback(network.backend.close)
            every.callback(self.framer.close)


def open_networks(
    bundle: Bundle,
    manifests: Mapping[Role, ModelManifest],
    asked: str,
    precision: str,
    threads: int | None,
    cache: Path | None = None,
) -> OpenNetworks:
    """Open networks on the best that is there, or on what was asked for by name.

    Args:
        bundle: Verified.
        manifests: Its networks that shall run.
        asked: "auto", "tensorrt", "cuda", "cpu" or "openvino".
        precision: "auto", "fp32" or "int8".
        threads: For one network on the processor; None for every processor.
        cache: Where `fundusgate compile` keeps engines; None for the user's cache folder.

    Raises:
        BackendError: What was asked for by name cannot run here.
        AssessorError: The bundle lacks the precision, or a graph is not what its manifest says.
    """
    folder = default_cache() if cache is None else cache
    found = look(tuple(manifests.values()), folder)
    planned = attempts(asked, precision, found.there)
    against = dict(planned.passed_over)
    for engine in planned.engines:
        try:
            opened, framing = _open_on(engine, bundle, manifests, found, precision, threads, folder)
        except BackendError as error:
            # of what was asked for by name there is one, so that nothing takes its place
            if engine is planned.engines[-1]:
                raise
            against[engine] = f"{engine.value} did not open: {error}"
            continue
        return OpenNetworks(opened, engine, told(engine, _detail(opened, framing), against), framing.framer)
    raise AssertionError("there is always an engine to try")


def _open_on(
    engine: Engine,
    bundle: Bundle,
    manifests: Mapping[Role, ModelManifest],
    found: Found,
    precision: str,
    threads: int | None,
    cache: Path,
) -> tuple[dict[Role, OpenNetwork], Framing]:
    opened: dict[Role, OpenNetwork] = {}
    try:
        for role, manifest in manifests.items():
            if engine is Engine.TENSORRT:
                network = _compiled(manifest, found)
            else:
                network = _graph(engine, bundle, manifest, tuple(manifests.values()), precision, threads, cache)
            opened[role] = network
            network.backend.open()
            check_signature(manifest, network.backend)
        return opened, _framing(opened)
    except (RuntimeError, ValueError):
        for network in opened.values():
            network.backend.close()
        raise


def _framing(opened: Mapping[Role, OpenNetwork]) -> Framing:
    """What frames the photographs of open networks: the GPU may where they run on TensorRT."""
    inputs: dict[int, DeviceInput | None] = {}
    for network in opened.values():
        how, backend = network.manifest.preprocessing, network.backend
        if how.framing is How.DISC and isinstance(backend, TensorRtBackend):
            inputs.setdefault(how.size, backend.device_input)
    if not inputs:
        return Framing(PROCESSOR, "")
    if opened[Role.MAP].manifest.preprocessing.size < CUE_SIDE:
        inputs.setdefault(CUE_SIDE, None)
    framing = choose(inputs)
    if framing.framer is PROCESSOR:
        # a GPU that was broken by the trial must not be found broken by a photograph
        for network in opened.values():
            size = network.backend.signature.size
            network.backend.infer(np.zeros((size, size, 3), dtype=np.uint8))
    return framing


def _compiled(manifest: ModelManifest, found: Found) -> OpenNetwork:
    assert found.api is not None
    assert found.engines is not None
    engine = found.engines[manifest.name]
    backend = TensorRtBackend(found.api, str(engine.path), engine.read)
    return OpenNetwork(manifest, backend, engine.record.candidate, engine.record.plan_sha256)


def _graph(
    engine: Engine,
    bundle: Bundle,
    manifest: ModelManifest,
    every: tuple[ModelManifest, ...],
    precision: str,
    threads: int | None,
    cache: Path,
) -> OpenNetwork:
    # int8-cpu is made for processors
    chosen = common_precision(bundle, every, precision if engine in ON_PROCESSOR else "fp32")
    path = bundle.graph_path(manifest.name, chosen)
    backend: Backend
    if engine is Engine.CPU:
        backend = OnnxRuntimeBackend(path, threads=threads)
    elif engine is Engine.OPENVINO:
        backend = OpenVinoBackend(path, threads=threads)
    else:
        provider = CUDA_PROVIDER if engine is Engine.CUDA else TENSORRT_PROVIDER
        backend = OnnxRuntimeGpuBackend(path, provider, cache / "onnxruntime")
    return OpenNetwork(manifest, backend, chosen.value, manifest.files[chosen].sha256)


def _detail(opened: Mapping[Role, OpenNetwork], framing: Framing) -> str:
    parts = [f"{network.manifest.name} as {network.precision}" for network in opened.values()]
    described = (TensorRtBackend, OpenVinoBackend, OnnxRuntimeGpuBackend)
    backends = (network.backend for network in opened.values())
    parts += dict.fromkeys(backend.description for backend in backends if isinstance(backend, described))
    return ", ".join([*parts, framing.told] if framing.told else parts)
