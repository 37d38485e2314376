"""The engine that `fundusgate compile` kept for a network, found and checked before anything deserializes it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.runtime.engines.api import EngineError
from fundusgate.runtime.engines.cache import Slot, source_hash
from fundusgate.runtime.engines.fitness import fitness
from fundusgate.runtime.engines.plan_header import LENGTH

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.runtime.engines.record import BuiltOn, EngineRecord
    from fundusgate.runtime.manifest import ModelManifest


class NoEngineError(EngineError):
    """A network without an engine that may run here; the message says why.

    Attributes:
        rebuild: whether `fundusgate compile` needs `--rebuild` to mend it.
    """

    def __init__(self, says: str, *, rebuild: bool) -> None:
        super().__init__(says)
        self.rebuild = rebuild


@dataclass(frozen=True)
class KeptEngine:
    """An engine that fits this machine."""

    path: Path
    record: EngineRecord
    here: BuiltOn
    """The machine that it was found to fit."""
    source_sha256: str
    """Of the graph that the bundle holds now."""

    def read(self) -> bytes:
        """The plan, checked once more on the very bytes that are returned.

        Raises:
            EngineError: It changed since it was found, or cannot be read.
        """
        try:
            plan = self.path.read_bytes()
        except OSError as error:
            raise EngineError(f"{self.path} cannot be read ({error.strerror}): run `fundusgate compile`") from error
        digest = hashlib.sha256(plan).hexdigest()
        fits = fitness(self.record, plan[:LENGTH], digest, self.here, self.source_sha256)
        if not fits.fits:
            raise EngineError(f"{self.path} must not run: {fits.reason}; run `fundusgate compile --rebuild`")
        return plan


def kept_engine(model: ModelManifest, cache: Path, here: BuiltOn) -> KeptEngine:
    """Find a network's engine for this machine.

    Args:
        model: The network as the bundle holds it.
        cache: Where `fundusgate compile` keeps engines.
        here: This machine and its TensorRT.

    Raises:
        NoEngineError: There is none, or it does not fit.
    """
    slot = Slot.of(cache, model, here)
    if not slot.folder.is_dir():
        elsewhere = sorted(place.parent.name for place in cache.glob(f"*/*/{slot.folder.name}"))
        strange = f" There are engines for {', '.join(elsewhere)}, which do not fit." if elsewhere else ""
        none = f"{model.name} has no engine for {here.board}, TensorRT {here.tensorrt}.{strange}"
        raise NoEngineError(none, rebuild=False)
    kept = _kept(slot.choice)
    if kept is None:
        raise NoEngineError(f"{model.name}: no engine was kept; {slot.choice} says why.", rebuild=True)
    try:
        record = slot.read_record(kept)
        if record is None:
            raise NoEngineError(f"{model.name}: {slot.plan(kept)} is missing or unfinished.", rebuild=True)
        entry = model.files.get(record.graph)
        source = source_hash(entry) if entry else ""
        fits = slot.fitness(record, here, source)
    except OSError as error:
        raise NoEngineError(f"{model.name}: the engine cannot be read: {error}.", rebuild=True) from error
    except NoEngineError:
        raise
    except EngineError as error:
        raise NoEngineError(f"{model.name}: {error}.", rebuild=True) from error
    if not fits.fits:
        raise NoEngineError(f"{model.name}: the engine does not fit: {fits.reason}.", rebuild=True)
    return KeptEngine(slot.plan(kept), record, here, source)


def _kept(choice: Path) -> str | None:
    """The candidate that `fundusgate compile` kept; None where it kept none or its file is damaged."""
    try:
        told = json.loads(choice.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    kept = told.get("kept") if isinstance(told, dict) else None
    return kept if isinstance(kept, str) else None
