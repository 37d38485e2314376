"""What one run found, as it is written and read back: every raw sample, and where it ran."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from pathlib import Path


class Strict(BaseModel):
    """No key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Timed(Strict):
    """One network on one thing."""

    what: str
    network: str
    failed: str | None = None
    apart: float | None = Field(None, description="largest difference of an output from ONNX Runtime's in fp32")
    turns: list[list[float]] = Field([], description="milliseconds, a list a round")


class Flips(Strict):
    """Verdicts that differ from fp32's, with Wilson's 95 % interval of their share."""

    hits: int
    trials: int
    low: float
    high: float


class Parity(Strict):
    """What one way of INT8 costs."""

    what: str
    flips: dict[str, Flips] = Field(description="by network, the others in fp32; and `all`")
    score_p99: float | None = Field(None, description="99th percentile of the score's difference from fp32, points")
    map_p99: float | None = Field(None, description="99th percentile of a cell's difference from fp32, 0..1")


class Record(Strict):
    """One run."""

    command: str
    began_at: str
    machine: str
    versions: dict[str, str]
    threads: int
    rounds: int
    others_share: float | None = Field(description="of all processors, what other programs took while it timed")
    bundle: dict[str, str] = Field(description="SHA-256 of each graph that ran, by network and precision")
    calibrated_on: int
    measured_on: int
    photographs_sha256: str = Field(description="of the calibration manifest that both were taken from")
    same_calibration: bool = Field(description="whether the bundle's INT8 was calibrated on that manifest too")
    timed: list[Timed]
    parity: list[Parity]

    @property
    def bundle_networks(self) -> set[str]:
        """Names of our networks: the others in `timed` are what others deploy."""
        return {name.split()[0] for name in self.bundle}

    def save(self, path: Path) -> None:
        """Write it, a line a thing."""
        head = self.model_dump(mode="json", exclude={"timed", "parity"})
        lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
        for key, items in (("timed", self.timed), ("parity", self.parity)):
            each = ",\n".join(f"  {item.model_dump_json(exclude_none=True)}" for item in items)
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
