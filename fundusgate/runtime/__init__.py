"""What a camera installs: bundle, pre-processing, backends, cues, assessment.

Names are loaded when they are first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundusgate.codes import CauseCode, Verdict
    from fundusgate.runtime.assessment import Assessment, Cause
    from fundusgate.runtime.assessor import Assessor, AssessorError
    from fundusgate.runtime.profile import Profile, ProfileError

__all__ = [
    "Assessment",
    "Assessor",
    "AssessorError",
    "Cause",
    "CauseCode",
    "Profile",
    "ProfileError",
    "Verdict",
]

_HOMES = {
    "Assessment": "fundusgate.runtime.assessment",
    "Assessor": "fundusgate.runtime.assessor",
    "AssessorError": "fundusgate.runtime.assessor",
    "Cause": "fundusgate.runtime.assessment",
    "CauseCode": "fundusgate.codes",
    "Profile": "fundusgate.runtime.profile",
    "ProfileError": "fundusgate.runtime.profile",
    "Verdict": "fundusgate.codes",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module at first use (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
