"""Thresholds of the gate, read from a TOML profile: one a camera or a clinic may change without touching code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fundusgate.codes import CauseCode
from fundusgate.runtime.toml_file import mistakes_of, read_toml

DEFAULT_PROFILE = Path(__file__).resolve().parent.parent / "profiles" / "default.toml"

Fraction = Annotated[float, Field(ge=0, le=1)]


class ProfileError(ValueError):
    """A profile that cannot be used; the message names every mistake in it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


class ScoreThresholds(_Strict):
    """Working points on the mean opinion scale, 0..100, high is good."""

    accept: Annotated[float, Field(ge=0, le=100)]
    retake: Annotated[float, Field(ge=0, le=100)]
    by_map: Fraction

    @model_validator(mode="after")
    def _ordered(self) -> ScoreThresholds:
        if not self.retake < self.accept:
            raise ValueError(f"score.retake ({self.retake}) must lie below score.accept ({self.accept})")
        return self


class MapThresholds(_Strict):
    """Working points on the map of degraded cells."""

    cell: Annotated[float, Field(gt=0, lt=1)]
    accept: Fraction
    retake: Fraction

    @model_validator(mode="after")
    def _ordered(self) -> MapThresholds:
        if not self.accept < self.retake:
            raise ValueError(f"map.accept ({self.accept}) must lie below map.retake ({self.retake})")
        return self


class RetinaThresholds(_Strict):
    """Working points on whether a retina is in the picture."""

    network: Fraction
    likeness_present: Fraction
    likeness_absent: Fraction
    likeness_alone: Fraction
    empty_fraction: Fraction

    @model_validator(mode="after")
    def _ordered(self) -> RetinaThresholds:
        if not self.likeness_absent < self.likeness_present:
            raise ValueError(
                f"retina.likeness_absent ({self.likeness_absent}) must lie below retina.likeness_present"
                f" ({self.likeness_present})"
            )
        return self


class CauseThresholds(_Strict):
    """Which severities count, and for what."""

    main: Fraction
    refused: Fraction
    note: Fraction
    dominance: Fraction
    opacity_attempts: Annotated[int, Field(ge=1)]
    technique: Fraction
    usual: dict[str, Annotated[float, Field(ge=0, lt=1)]]

    @model_validator(mode="after")
    def _known(self) -> CauseThresholds:
        unknown = [name for name in self.usual if name not in CauseCode.__members__]
        if unknown:
            raise ValueError(f"causes.usual names {', '.join(unknown)}; causes are {', '.join(CauseCode.__members__)}")
        return self


class Profile(_Strict):
    """Every threshold of the gate; `fundusgate/profiles/default.toml` says where each comes from."""

    name: str
    score: ScoreThresholds
    map: MapThresholds
    retina: RetinaThresholds
    causes: CauseThresholds

    @classmethod
    def load(cls, path: Path | None = None) -> Profile:
        """Read a profile.

        Args:
            path: a TOML file that states every threshold; None for the one shipped with the package.

        Raises:
            ProfileError: the file cannot be read, is no TOML, or has unknown keys, missing keys, wrong types or values
                out of range; the message names them all.
        """
        source = DEFAULT_PROFILE if path is None else Path(path)
        content = read_toml(source, "profile", ProfileError)
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            mistakes = mistakes_of(error)
            found = "\n".join(f"  {mistake}" for mistake in mistakes)
            raise ProfileError(
                f"profile {source} has {len(mistakes)} mistake(s):\n{found}\ncompare it with {DEFAULT_PROFILE}"
            ) from error
