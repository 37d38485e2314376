"""What one run found: raw samples of networks and of the processor's peaks, and each network's counts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from pathlib import Path


class Strict(BaseModel):
    """No key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Probe(Strict):
    """One measurement of what the processor can do at most."""

    what: str = Field(description="fp32 and int8: a product; copy: bytes through memory")
    by: str
    amount: int = Field(description="operations, or bytes read and written")
    turns: list[list[float]] = Field(description="milliseconds, a list a round")


class Held(Strict):
    """One network in one precision.

    The bounds of other peaks follow from `kinds`: how often (first) a node of so many multiplications (second) and
    bytes (third), in INT8 or not (fourth), stands in it, and which of the bytes are left when what changes value by
    value is done where its values are made (fifth).
    """

    name: str
    kinds: list[tuple[int, int, int, int, int]]
    compulsory: int = Field(description="bytes of weights, photograph and result")
    alive: int = Field(description="most bytes of values that are alive at once: the copy's size beside it")
    turns: list[list[float]]


class Record(Strict):
    """One run."""

    command: str
    began_at: str
    machine: str
    threads: int
    rounds: int
    others_share: float | None
    probes: list[Probe]
    networks: list[Held]

    def save(self, path: Path) -> None:
        """Write it, a line a thing."""
        head = self.model_dump(mode="json", exclude={"probes", "networks"})
        lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
        for key, items in (("probes", self.probes), ("networks", self.networks)):
            each = ",\n".join(f"  {item.model_dump_json()}" for item in items)
            lines.append(f' "{key}": [\n{each}\n ]')
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Record:
        """Read it back.

        Raises:
            ValueError: It is no such record.
            OSError: It cannot be read.
        """
        return cls.model_validate_json(path.read_text(encoding="utf-8"))
