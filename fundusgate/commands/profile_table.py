"""What a fitted profile does, for people, for machines and for the profile's own file."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from rich.table import Table

from fundusgate.export.accuracy.statistics import wilson_interval

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.evaluation.profile_fit import Kept, ProfileFit
    from fundusgate.runtime.profile import Profile


def table_of(fitted: ProfileFit, base: Profile) -> Table:
    """Before and after, by class."""
    score = fitted.profile.score
    low, high = fitted.spread
    caption = (
        f"score: retake below {score.retake:g} (before {base.score.retake:g}; over the folds {low:g} to {high:g}),"
        f" accept from {score.accept:g} (before {base.score.accept:g})"
    )
    usual = ", ".join(f"{code} {value:g}" for code, value in fitted.profile.causes.usual.items())
    if usual:
        caption += f"\nusual on this camera: {usual}"
    table = Table(
        "photographs", "accepted before", "accepted after, cross-validated", "after, without a note", caption=caption
    )
    for name, before in fitted.before.items():
        after = fitted.after[name]
        table.add_row(name, share(before.passed, before.of), share(after.passed, after.of), f"{after.plain}/{after.of}")
    return table


def share(hits: int, of: int) -> str:
    """A share with Wilson's 95 % interval."""
    low, high = wilson_interval(hits, of)
    return f"{hits}/{of} = {100 * hits / of:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def as_json_object(fitted: ProfileFit, base: Profile, out: Path) -> dict[str, Any]:
    """The report as plain types."""
    return {
        "profile": str(out),
        "score": fitted.profile.score.model_dump(),
        "score_before": base.score.model_dump(),
        "retake_over_folds": list(fitted.spread),
        "usual": dict(fitted.profile.causes.usual),
        "accepted_before": {name: _plain(kept) for name, kept in fitted.before.items()},
        "accepted_after": {name: _plain(kept) for name, kept in fitted.after.items()},
    }


def _plain(kept: Kept) -> dict[str, Any]:
    return {
        "accepted": kept.passed,
        "without_a_note": kept.plain,
        "of": kept.of,
        "interval": list(wilson_interval(kept.passed, kept.of)),
    }


def note_of(fitted: ProfileFit, folder: Path, wanted: float | None) -> str:
    """Where a profile comes from, for its first lines."""
    after = "; ".join(f"{name} {kept.passed}/{kept.of}" for name, kept in fitted.after.items())
    how = "on labels" if wanted is None else f"so that {100 * wanted:g} % are accepted"
    day = datetime.now(timezone.utc).date().isoformat()
    return (
        f"Fitted by `fundusgate profile fit` on {day}, {how}, on {fitted.before['all'].of} photographs of"
        f" {folder.resolve().name}.\nAccepted, cross-validated: {after}."
    )
