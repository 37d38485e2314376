"""The labelled photographs of one camera: read once, checked, split by patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from fundusgate.runtime.cues import measure_cues
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.field_cut import visible_field
from fundusgate.runtime.photograph import PhotographError, read_photograph
from fundusgate.runtime.prepared import CELLS
from fundusgate.runtime.preprocessing import frame_disc, inside_cells
from fundusgate.training.judging import MAP_SIDE, SCORE_SIDE, FramedPhotograph
from fundusgate.training.photographs import Quality, read_records

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.runtime.cues import Cues

LEAST_OF_A_CLASS = 8
"""Good photographs, and rejects, below which neither training nor figures mean anything."""


class AdaptationError(ValueError):
    """The photographs cannot serve; the message says what is missing."""


@dataclass(frozen=True, eq=False)
class CameraPhotograph:
    """One labelled photograph of the camera.

    Attributes:
        name: Its path within the folder.
        patient: Whose it is; the file's own name where none is known.
        quality: The expert's label.
        framed: As both networks take it.
        field: (512, 512) bool, the visible field of the map's input.
        cues: The plain cues, for the gate's verdict.
    """

    name: str
    patient: str
    quality: Quality
    framed: FramedPhotograph
    field: NDArray[np.bool_]
    cues: Cues


@dataclass(frozen=True, eq=False)
class CameraSet:
    """All of them.

    Attributes:
        photographs: In the table's order.
        skipped: What could not be read, a sentence each.
        unlabelled: How many rows had no label.
    """

    photographs: tuple[CameraPhotograph, ...]
    skipped: tuple[str, ...]
    unlabelled: int

    def of(self, quality: Quality) -> list[int]:
        """Places of the photographs with a label."""
        return [place for place, each in enumerate(self.photographs) if each.quality is quality]

    def counts(self) -> dict[str, int]:
        """Photographs by label, in the order good, usable, reject."""
        return {quality.value: len(self.of(quality)) for quality in Quality}

    @property
    def patients(self) -> list[str]:
        """Whose each photograph is."""
        return [each.patient for each in self.photographs]

    @property
    def patients_known(self) -> bool:
        """Whether any patient has more than one photograph; if none has, the table may simply not name them."""
        return len(set(self.patients)) < len(self.photographs)

    def folds(self, count: int, seed: int) -> list[list[int]]:
        """Places held out in each fold: by patient, each with its share of every label where that can be.

        Raises:
            AdaptationError: There are fewer patients than two folds need.
        """
        patients = len(set(self.patients))
        wanted = min(count, patients)
        if wanted < 2:
            raise AdaptationError(f"all photographs are of one patient ({self.patients[0]}): two patients at least")
        splitter = StratifiedGroupKFold(wanted, shuffle=True, random_state=seed)
        labels = [each.quality.value for each in self.photographs]
        return [held.tolist() for _, held in splitter.split(np.zeros(len(labels)), labels, self.patients)]


def read_camera(folder: Path, tell: Callable[[int, int], None] = lambda _done, _all: None) -> CameraSet:
    """Read and frame every labelled photograph of `folder`.

    Args:
        folder: With labels.csv: columns file and quality (good, usable, reject), patient where it is known.
        tell: Called with (done, all).

    Raises:
        LabelsError: The table cannot be read.
        AdaptationError: Too few photographs of a label remain.
    """
    records = read_records(folder, source="camera")
    labelled = [record for record in records if record.quality is not None and not record.weak]
    photographs: list[CameraPhotograph] = []
    skipped: list[str] = []
    for done, record in enumerate(labelled, 1):
        name = record.path.relative_to(folder).as_posix()
        if record.quality is None:
            continue
        try:
            rgb = read_photograph(record.path)
        except PhotographError as error:
            skipped.append(f"{name}: {error}")
        else:
            photographs.append(_photograph(name, record.patient, record.quality, rgb))
        tell(done, len(labelled))
    found = CameraSet(tuple(photographs), tuple(skipped), len(records) - len(labelled))
    for quality in (Quality.GOOD, Quality.REJECT):
        count = len(found.of(quality))
        if count < LEAST_OF_A_CLASS:
            raise AdaptationError(
                f"{count} photographs of {folder} are labelled {quality.value} and can be read; "
                f"at least {LEAST_OF_A_CLASS} are needed, fifty in all are a good number"
            )
    return found


def _photograph(name: str, patient: str, quality: Quality, rgb: NDArray[np.uint8]) -> CameraPhotograph:
    disc = find_disc(rgb)
    framed = frame_disc(rgb, disc, MAP_SIDE)
    field = visible_field(framed.rgb, framed.inside)
    return CameraPhotograph(
        name=name,
        patient=patient,
        quality=quality,
        framed=FramedPhotograph(framed.rgb, frame_disc(rgb, disc, SCORE_SIDE).rgb, inside_cells(field, CELLS)),
        field=field,
        cues=measure_cues(framed.rgb, field),
    )
