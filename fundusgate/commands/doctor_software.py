"""What `fundusgate doctor` says of what is installed: Python, ONNX Runtime, TensorRT, the bundle and its engines."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

from fundusgate.commands.doctor_findings import good, to_fix, warning
from fundusgate.device.board.identity import Kind
from fundusgate.device.board.jetpacks import jetpacks_of_l4t

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.commands.doctor_findings import Finding
    from fundusgate.device.board.identity import Identity
    from fundusgate.runtime.bundle import Bundle
    from fundusgate.runtime.engines.api import TensorRt
    from fundusgate.runtime.engines.record import BuiltOn
    from fundusgate.runtime.manifest import ModelManifest

_OLDEST_PYTHON = (3, 10)


def python_findings(identity: Identity) -> list[Finding]:
    """Whether this Python runs fundusgate and, on a Jetson, is the one that TensorRT's package is made for."""
    here = platform.python_version()
    if sys.version_info < _OLDEST_PYTHON:
        return [to_fix("Python", f"{here} is too old.", "use Python 3.10 or newer")]
    made_for = {jetpack.python for jetpack in jetpacks_of_l4t(identity.l4t)}
    if made_for and ".".join(here.split(".")[:2]) not in made_for:
        names = " or ".join(sorted(made_for))
        fix = f"python{names} -m venv --system-site-packages venv, and install fundusgate there"
        return [warning("Python", f"{here}; this JetPack's TensorRT is made for Python {names}.", fix)]
    return [good("Python", f"{here}.")]


def onnxruntime_findings() -> list[Finding]:
    """Which processors ONNX Runtime can use."""
    try:
        import onnxruntime
    except ImportError as error:
        fix = "pip install 'onnxruntime>=1.23'"
        return [to_fix("ONNX Runtime", f"It cannot be imported ({error}): no network runs without it.", fix)]
    providers = [name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers()]
    return [good("ONNX Runtime", f"{onnxruntime.__version__}, on {', '.join(providers)}.")]


def tensorrt_findings(identity: Identity, api: TensorRt | str) -> list[Finding]:
    """Whether TensorRT is there, and is the one that JetPack brings.

    Args:
        identity: The machine.
        api: TensorRT, or why it cannot be imported.
    """
    if isinstance(api, str):
        if identity.kind is not Kind.JETSON:
            return [good("TensorRT", "Not here, and not needed: the networks run on the processor.")]
        return [to_fix("TensorRT", _sentence(api), "sudo apt install nvidia-jetpack; see docs/jetson.md, 3")]
    brought = [jetpack for jetpack in jetpacks_of_l4t(identity.l4t) if not jetpack.unverified]
    if brought and all(jetpack.tensorrt[:2] != api.numbers[:2] for jetpack in brought):
        names = ", ".join(f"JetPack {jetpack.version}: {jetpack.tensorrt_name}" for jetpack in brought)
        says = f"TensorRT {api.version} is here; Jetson Linux {identity.l4t} comes with another ({names})."
        return [warning("TensorRT", says, "pip uninstall tensorrt in this environment, and use JetPack's own")]
    return [good("TensorRT", f"{api.version}.")]


def cuda_findings() -> list[Finding]:
    """Whether what runs engines is there beside TensorRT: pycuda, and cuda-python, which is optional."""
    from fundusgate.runtime.backends.base import BackendError
    from fundusgate.runtime.backends.cuda_context import load_pycuda
    from fundusgate.runtime.backends.cuda_graph import CudaGraphError, load_driver

    try:
        load_pycuda()
    except BackendError as error:
        return [to_fix("pycuda", f"{error}: no engine runs without it.", "pip install 'fundusgate[jetson]'")]
    try:
        load_driver()
    except CudaGraphError as error:
        fix = "pip install 'cuda-bindings~=12.8' on JetPack 6, 'cuda-bindings~=13.0' on JetPack 7"
        return [warning("cuda-python", f"{error}: engines are enqueued call by call, which is slower.", fix)]
    return [good("pycuda", "Here, and cuda-python for CUDA graphs. What frames photographs is tried at each opening.")]


def bundle_findings(folder: Path) -> tuple[Bundle | None, list[Finding]]:
    """Whether the networks are whole, and in which precisions; also the bundle where it is."""
    from fundusgate.runtime.bundle import Bundle, BundleError

    try:
        opened = Bundle.open(folder)
    except BundleError as error:
        return None, [to_fix("bundle", _sentence(str(error)), "copy or export the bundle again")]
    found: list[Finding] = []
    for model in opened.manifest.models:
        held = ", ".join(precision.value for precision in model.files)
        says = f"{model.name} {model.version} is whole, to the byte: {held}."
        quantized = any(precision.value.startswith("int8") for precision in model.files)
        fix = "fundusgate export --out bundle --calibration photographs"
        found.append(good("bundle", says) if quantized else warning("bundle", f"{says} No INT8: slower.", fix))
    return opened, found


def engine_findings(bundle: Bundle, cache: Path, here: BuiltOn) -> list[Finding]:
    """Whether each network has an engine that was built on this machine with its TensorRT.

    Args:
        bundle: Opened.
        cache: Where `fundusgate compile` keeps engines.
        here: This machine.
    """
    return [_engine(bundle, model, cache, here) for model in bundle.manifest.models]


def _engine(bundle: Bundle, model: ModelManifest, cache: Path, here: BuiltOn) -> Finding:
    from fundusgate.runtime.engines.kept import NoEngineError, kept_engine

    try:
        record = kept_engine(model, cache, here).record
    except NoEngineError as error:
        fix = f"fundusgate compile {bundle.folder}"
        return to_fix("engine", str(error), f"{fix} --rebuild" if error.rebuild else fix)
    return good("engine", f"{model.name}: {record.candidate}, median {record.timings.median:.1f} ms when it was built.")


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
