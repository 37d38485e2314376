"""Collected ranges kept by what decided them, so that a calibration that was cut off goes on where it stopped."""

from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from fundusgate.calibration import ranges as methods
from fundusgate.calibration.photographs import photographs_of
from fundusgate.calibration.ranges import Method, RangeCollector
from fundusgate.calibration.tensor_range import TensorRange
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.prepared import network_input

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import onnx
    from numpy.typing import NDArray

    from fundusgate.calibration.manifest import CalibrationManifest
    from fundusgate.runtime.manifest import Preprocessing

SAVE_EVERY = 64
"""Photographs between two savings of what was collected."""


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/fundusgate/calibration`, or below `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "fundusgate" / "calibration"


def cache_key(
    model: onnx.ModelProto, manifest: CalibrationManifest, how: Preprocessing, method: Method, tensors: Collection[str]
) -> str:
    """Hash of everything that a range depends on: graph, photographs, pre-processing, method, tensors, engine."""
    decides = {
        "graph": hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest(),
        "photographs": [entry.sha256 for entry in manifest.calibration],
        "preprocessing": how.model_dump(mode="json"),
        "method": [method.value, methods.BINS, methods.ENTROPY_BINS, methods.LEVELS, methods.PERCENTILE],
        "tensors": sorted(tensors),
        "onnxruntime": onnxruntime.__version__,
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def calibrated_ranges(
    model: onnx.ModelProto,
    tensors: Collection[str],
    manifest: CalibrationManifest,
    how: Preprocessing,
    method: Method,
    cache: Path,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    scratch: Path | None = None,
) -> dict[str, TensorRange]:
    """Ranges of a graph's tensors over a manifest's calibration set; from the cache where they are known.

    Args:
        model: Float, one uint8 input, shapes inferred.
        tensors: Names of activations.
        manifest: Which photographs.
        how: The network's pre-processing.
        method: How ranges are drawn.
        cache: A folder for results, and for what a calibration that was cut off had collected.
        progress: Called with how many photographs are done, of how many.
        scratch: As for `RangeCollector`.

    Raises:
        CalibrationError: A photograph is gone or altered, or a tensor was not finite.
    """
    if not tensors:
        return {}
    cache.mkdir(parents=True, exist_ok=True)
    key = cache_key(model, manifest, how, method, tensors)
    result, partial = cache / f"{key}.json", cache / f"{key}.partial"
    if result.is_file():
        known = json.loads(result.read_text(encoding="utf-8"))
        return {name: TensorRange(low, high) for name, (low, high) in known.items()}
    entries = manifest.calibration
    with RangeCollector(model, tensors, method, scratch) as collector:
        done = 0
        if partial.is_file():
            done, state = _unpack(partial)
            collector.resume(state)
        progress(done, len(entries))
        for _, rgb in photographs_of(manifest, entries[done:]):
            collector.add(network_input(rgb, find_disc(rgb), how))
            done += 1
            if done % SAVE_EVERY == 0:
                _write(partial, _packed(done, collector.state()))
            progress(done, len(entries))
        found = collector.ranges()
    ends: dict[str, Any] = {name: (seen.low, seen.high) for name, seen in found.items()}
    _write(result, json.dumps(ends).encode())
    partial.unlink(missing_ok=True)
    return found


def _packed(done: int, state: Mapping[str, tuple[NDArray[np.generic], ...]]) -> bytes:
    arrays = {
        f"{number}.{place}": array for number, parts in enumerate(state.values()) for place, array in enumerate(parts)
    }
    stream = io.BytesIO()
    np.savez(stream, done=np.array(done), names=np.array(list(state)), **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def _unpack(path: Path) -> tuple[int, dict[str, tuple[NDArray[np.generic], ...]]]:
    with np.load(path, allow_pickle=False) as held:
        names = [str(name) for name in held["names"]]
        places = sum(key.startswith("0.") for key in held.files)
        state = {name: tuple(held[f"{number}.{place}"] for place in range(places)) for number, name in enumerate(names)}
        return int(held["done"]), state


def _write(path: Path, content: bytes) -> None:
    """In one step, so that a kill leaves the old content or the new."""
    aside = path.with_suffix(f"{path.suffix}.{os.getpid()}")
    aside.write_bytes(content)
    aside.replace(path)
