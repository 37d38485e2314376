"""What this machine has to run a bundle's networks on, for `choice` to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.runtime.backends.choice import Surroundings
from fundusgate.runtime.engines.api import EngineError, TensorRt, load
from fundusgate.runtime.engines.kept import KeptEngine, kept_engine
from fundusgate.runtime.engines.machine import NoDriverError, read_machine
from fundusgate.runtime.engines.record import BuiltOn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fundusgate.runtime.manifest import ModelManifest


@dataclass(frozen=True)
class Found:
    """What was found."""

    there: Surroundings
    api: TensorRt | None = None
    """TensorRT, where every network has an engine that fits."""
    engines: Mapping[str, KeptEngine] | None = None
    """By network, likewise."""


def look(models: Sequence[ModelManifest], cache: Path) -> Found:
    """Look at the GPU, TensorRT, the engines and ONNX Runtime's providers.

    Args:
        models: The networks that shall run.
        cache: Where `fundusgate compile` keeps engines.
    """
    providers = _providers()
    try:
        machine = read_machine()
    except NoDriverError:
        return Found(Surroundings("there is no NVIDIA driver here", "", providers))
    except EngineError as error:
        return Found(Surroundings(str(error), "", providers))
    try:
        api = load()
        here = BuiltOn.of(machine, api.version)
        engines = {model.name: kept_engine(model, cache, here) for model in models}
    except EngineError as error:
        why = f"{str(error).rstrip('.')} (`fundusgate compile` builds engines)"
        return Found(Surroundings("", why, providers))
    return Found(Surroundings("", "", providers), api, engines)


def _providers() -> tuple[str, ...]:
    import onnxruntime as ort

    return tuple(ort.get_available_providers())
