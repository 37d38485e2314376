"""The words that every room shares: causes, verdicts, laterality.

Source: the causes and verdicts are those of handheld screening practice (NHS diabetic eye screening's capture
guidance; Optomed Aurora's reflection rules); the values are part of the JSON contract and never change meaning.
"""

from __future__ import annotations

from enum import Enum


class Laterality(str, Enum):
    """Which eye."""

    OD = "OD"
    """Right eye (oculus dexter): the optic disc lies to the right of the macula in the photograph."""
    OS = "OS"
    """Left eye (oculus sinister): the optic disc lies to the left of the macula in the photograph."""


class CauseCode(str, Enum):
    """Why a photograph cannot be read; one is the main reason and has one prompt."""

    FOCUS = "FOCUS"
    """Low sharpness, vessels undefined."""
    MOTION = "MOTION"
    """Directional blur, or unstable frames."""
    TOO_DARK = "TOO_DARK"
    """Under-exposed."""
    TOO_BRIGHT = "TOO_BRIGHT"
    """Over-exposed."""
    CRESCENT_TOP = "CRESCENT_TOP"
    """Haze at the top edge: the camera is too close."""
    CRESCENT_BOTTOM = "CRESCENT_BOTTOM"
    """Haze at the bottom edge: the camera is too far."""
    CENTRAL_GHOST = "CENTRAL_GHOST"
    """A pale spot near the centre, the same over many frames: the lens is dirty."""
    LASH_LID = "LASH_LID"
    """Dark occlusion from above or below: lashes or a lid."""
    OFF_CENTRE = "OFF_CENTRE"
    """Disc or fovea out of limits, or under three quarters of the field visible."""
    SMALL_PUPIL = "SMALL_PUPIL"
    """A ring of vignetting: the pupil is smaller than the beam."""
    MEDIA_OPACITY = "MEDIA_OPACITY"
    """Diffuse haze that a good technique does not remove: cataract or another opacity."""
    NOT_FUNDUS = "NOT_FUNDUS"
    """No retina in the image."""
    UNKNOWN = "UNKNOWN"
    """The models disagree or are not confident."""


class RetakeHelps(str, Enum):
    """Whether taking the photograph again will help."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"
    AFTER_CLEANING = "after_cleaning"
    OPERATOR = "operator"
    """The operator must look and decide."""


class Verdict(str, Enum):
    """What the gate says of one photograph."""

    ACCEPT = "accept"
    ACCEPT_WITH_NOTE = "accept_with_note"
    RETAKE = "retake"
    CANNOT_OBTAIN = "cannot_obtain"
