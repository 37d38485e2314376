"""Where engines lie: outside the bundle, by board, TensorRT version and network; each file whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from fundusgate.runtime.bundle import file_sha256
from fundusgate.runtime.engines.api import EngineError
from fundusgate.runtime.engines.fitness import Fitness, fitness
from fundusgate.runtime.engines.plan_header import LENGTH
from fundusgate.runtime.engines.record import EngineRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fundusgate.runtime.engines.record import BuiltOn
    from fundusgate.runtime.manifest import GraphEntry, ModelManifest

CHOICE_NAME = "choice.json"
TIMING_CACHE_NAME = "timing.cache"


def default_cache() -> Path:
    """`fundusgate/engines` in the user's cache folder (`XDG_CACHE_HOME`, or `~/.cache`)."""
    given = os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "fundusgate" / "engines"


def source_hash(entry: GraphEntry) -> str:
    """SHA-256 of a graph: its file's, or with weights beside it that of all their hashes."""
    if not entry.external_data:
        return entry.sha256
    return _hash_of([entry.sha256, *(data.sha256 for data in entry.external_data)])


@dataclass(frozen=True)
class Slot:
    """The folder of one network's engines on one kind of machine."""

    folder: Path

    @classmethod
    def of(cls, root: Path, model: ModelManifest, here: BuiltOn) -> Slot:
        """The slot of a network on this machine.

        Args:
            root: Of the cache.
            model: The network as the bundle holds it.
            here: This machine.
        """
        network = _hash_of(sorted(source_hash(entry) for entry in model.files.values()))
        major, minor = here.compute_capability
        board = f"{_plain(here.board)}-sm{major}{minor}"
        return cls(root / board / f"tensorrt-{_plain(here.tensorrt)}" / f"{model.name}-{network[:12]}")

    @property
    def timing_cache(self) -> Path:
        """Kernels' measured times, shared by every network on the same board and TensorRT."""
        return self.folder.parent / TIMING_CACHE_NAME

    @property
    def choice(self) -> Path:
        """JSON: which engine is kept, and every engine's figures."""
        return self.folder / CHOICE_NAME

    def plan(self, candidate: str) -> Path:
        """A candidate's plan."""
        return self.folder / f"{candidate}.plan"

    def record(self, candidate: str) -> Path:
        """The JSON beside it."""
        return self.folder / f"{candidate}.json"

    def read_record(self, candidate: str) -> EngineRecord | None:
        """The JSON beside a plan; None where the plan was never finished.

        Raises:
            EngineError: It is damaged.
        """
        path = self.record(candidate)
        if not path.is_file() or not self.plan(candidate).is_file():
            return None
        try:
            return EngineRecord.model_validate_json(path.read_text(encoding="utf-8"))
        except (ValidationError, UnicodeDecodeError) as error:
            raise EngineError(f"{path} is damaged or from another version: compile with --rebuild") from error

    def fitness(self, record: EngineRecord, here: BuiltOn, source_sha256: str) -> Fitness:
        """Whether a finished plan fits this machine; nothing is deserialized."""
        path = self.plan(record.candidate)
        with path.open("rb") as stream:
            start = stream.read(LENGTH)
        return fitness(record, start, file_sha256(path), here, source_sha256)

    def keep(self, record: EngineRecord, plan: bytes) -> None:
        """Write a plan, then its JSON, without which it counts as unfinished.

        Raises:
            OSError: The disk refused.
        """
        self.record(record.candidate).unlink(missing_ok=True)
        write_whole(self.plan(record.candidate), plan)
        write_whole(self.record(record.candidate), record.model_dump_json(indent=2).encode())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is the old one or the new one, whenever the power goes.

    Raises:
        OSError: The disk refused.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _hash_of(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.") or "unknown"
