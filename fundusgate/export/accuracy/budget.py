"""How much accuracy INT8 may cost: a file that a camera maker may change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fundusgate.export.accuracy.statistics import wilson_interval
from fundusgate.export.specs import ExportError
from fundusgate.runtime.toml_file import mistakes_of, read_toml

DEFAULT_BUDGET = Path(__file__).resolve().parent.parent / "budget.toml"


class Budget(BaseModel):
    """Limits; `fundusgate/export/budget.toml` says what each is."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    flips: Annotated[float, Field(ge=0, le=1)]
    flips_upper: Annotated[float, Field(gt=0, le=1)]
    score_srcc: Annotated[float, Field(ge=-1, le=1)]
    score_p99: Annotated[float, Field(ge=0)]
    map_mean: Annotated[float, Field(ge=0, le=1)]

    @classmethod
    def load(cls, path: Path | None = None) -> Budget:
        """Read a budget.

        Args:
            path: A TOML file that states every limit; None for the default.

        Raises:
            ExportError: It cannot be read, is no TOML, or has unknown keys, missing keys or values out of range.
        """
        source = DEFAULT_BUDGET if path is None else path
        content = read_toml(source, "budget", ExportError)
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise ExportError(
                f"budget {source}: {'; '.join(mistakes_of(error))}; compare it with {DEFAULT_BUDGET}"
            ) from error

    def least_photographs(self) -> int:
        """How many photographs without a flip prove `flips_upper`: with fewer nothing can pass."""
        count = 1
        while wilson_interval(0, count)[1] > self.flips_upper:
            count += 1
        return count
