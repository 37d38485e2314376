"""How much accuracy INT8 may cost: a file that a camera maker may change."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fundusgate.export.accuracy.statistics import wilson_interval
from fundusgate.export.specs import ExportError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

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
        try:
            with source.open("rb") as stream:
                return cls.model_validate(tomllib.load(stream))
        except OSError as error:
            raise ExportError(f"budget {source} cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ExportError(f"budget {source} is no TOML: {error}") from error
        except ValidationError as error:
            mistakes = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
            raise ExportError(f"budget {source}: {mistakes}; compare it with {DEFAULT_BUDGET}") from error

    def least_photographs(self) -> int:
        """How many photographs without a flip prove `flips_upper`: with fewer nothing can pass."""
        count = 1
        while wilson_interval(0, count)[1] > self.flips_upper:
            count += 1
        return count
