"""Assess a batch of photographs: one bad file never ends it, and no overlay overwrites another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundusgate.runtime.overlay import draw_overlay
from fundusgate.runtime.photograph import OVERLAY_SUFFIX, PhotographError, list_photographs, read_photograph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fundusgate.runtime.assessment import Assessment
    from fundusgate.runtime.assessor import Assessor


@dataclass(frozen=True)
class Outcome:
    """What became of one photograph: an assessment, or the reason why there is none.

    Attributes:
        image: The photograph, or the folder that could not be searched, as it was named.
        assessment: What was said of it; None when it could not be read.
        error: What is wrong with the file and what to do; None when there is nothing wrong.
    """

    image: Path
    assessment: Assessment | None = None
    error: str | None = None

    def to_json_object(self) -> dict[str, Any]:
        """One object of `fundusgate assess --json`: `{"image", ...assessment}` or `{"image", "error"}`."""
        if self.assessment is None or self.error is not None:
            return {"image": str(self.image), "error": self.error}
        return {"image": str(self.image), **self.assessment.to_json_object()}


def gather(paths: Sequence[Path]) -> list[Outcome]:
    """Name every photograph once, in the order given; a folder without any becomes an outcome with its error."""
    found: dict[Path, Outcome] = {}
    for path in paths:
        try:
            listed = [Outcome(image) for image in list_photographs([path])]
        except PhotographError as error:
            listed = [Outcome(path, error=str(error))]
        for outcome in listed:
            found.setdefault(outcome.image, outcome)
    return list(found.values())


def assess_batch(gathered: Sequence[Outcome], assessor: Assessor, maps: Path | None) -> Iterator[Outcome]:
    """Assess photographs one after the other.

    Args:
        gathered: What `gather` found.
        assessor: The open assessor.
        maps: Folder for overlays; None for none.

    Yields:
        The outcome of each, in order.

    Raises:
        BackendError: A network failed.
    """
    overlays = overlay_paths([outcome.image for outcome in gathered], maps) if maps else {}
    for outcome in gathered:
        if outcome.error is not None:
            yield outcome
            continue
        try:
            rgb = read_photograph(outcome.image)
        except PhotographError as error:
            yield Outcome(outcome.image, error=str(error))
            continue
        assessment = assessor.assess(rgb)
        error_of_overlay = None
        if maps:
            error_of_overlay = _write_overlay(overlays[outcome.image], rgb, assessment, assessor)
        yield Outcome(outcome.image, assessment, error_of_overlay)


def overlay_paths(images: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """A place for every overlay: the photographs' tree below their common folder, so that no two share a name."""
    absolute = {image: Path(os.path.abspath(image)) for image in images}  # noqa: PTH100 - links stay as they are named
    if not absolute:
        return {}
    common = Path(os.path.commonpath([path.parent for path in absolute.values()]))
    return {
        image: folder / path.parent.relative_to(common) / (path.name + OVERLAY_SUFFIX)
        for image, path in absolute.items()
    }


def _write_overlay(path: Path, rgb: NDArray[Any], assessment: Assessment, assessor: Assessor) -> str | None:
    """Write an overlay; the error in words when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draw_overlay(rgb, assessment, assessor.profile.map.cell).save(path, "JPEG", quality=92, subsampling=0)
    except OSError as error:
        return f"assessed, but its overlay {path} cannot be written ({error.strerror}); check the folder and the disk"
    return None
