"""Thresholds of the gate, read from a TOML profile: one a camera or a clinic may change without touching code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fundusgate.runtime.toml_file import mistakes_of, read_toml

DEFAULT_PROFILE = Path(__file__).resolve().parent.parent / "profiles" / "default.toml"

Fraction = Annotated[float, Field(ge=0, le=1)]


class ProfileError(ValueError):
    """A profile that cannot be used; the message names every mistake in it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


class Ramp(_Strict):
    """From a cue's figure to a severity: 0 at `onset`, 1 at `full`, linear between; `full` may lie below `onset`."""

    onset: float
    full: float

    @model_validator(mode="after")
    def _not_a_step(self) -> Ramp:
        if self.onset == self.full:
            raise ValueError("onset and full are the same: leave room between them")
        return self

    def severity(self, figure: float) -> float:
        """Severity 0..1 of a figure; not-a-number is as severe as can be."""
        if figure != figure:  # not-a-number
            return 1.0
        return min(1.0, max(0.0, (figure - self.onset) / (self.full - self.onset)))


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
    note: Fraction
    dominance: Fraction
    opacity_attempts: Annotated[int, Field(ge=1)]
    technique: Fraction


class CueRamps(_Strict):
    """One ramp a figure; units and ranges stand with the figure in `fundusgate.runtime.cues`."""

    focus: Ramp
    motion: Ramp
    motion_blur: Ramp
    motion_floor: Ramp
    dark: Ramp
    bright: Ramp
    haze_top: Ramp
    haze_bottom: Ramp
    haze_side: Ramp
    ghost: Ramp
    lid: Ramp
    lean_sideways: Ramp
    lean_vertical: Ramp
    shade_side: Ramp
    field: Ramp
    ring: Ramp
    shape_light: Ramp
    opacity_contrast: Ramp
    opacity_faint: Ramp


class Profile(_Strict):
    """Every threshold of the gate; `fundusgate/profiles/default.toml` says where each comes from."""

    name: str
    score: ScoreThresholds
    map: MapThresholds
    retina: RetinaThresholds
    causes: CauseThresholds
    cues: CueRamps

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
