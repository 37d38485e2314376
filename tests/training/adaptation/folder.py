"""A small folder of one camera: phantom photographs, good, usable and reject."""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING

from PIL import Image

from fundusgate.codes import CauseCode
from fundusgate.phantom import degrade, render

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.phantom import Phantom

STRENGTHS = {"good": 0.0, "usable": 0.35, "reject": 1.0}


@cache
def _eye(seed: int) -> Phantom:
    return render(seed, size=128, camera="portable-teal")


@cache
def photograph(seed: int, quality: str) -> NDArray[np.uint8]:
    """One photograph of one of five eyes, drawn once for all tests."""
    phantom = _eye(seed % 5)
    code = CauseCode.FOCUS if seed % 2 else CauseCode.TOO_DARK
    return degrade(phantom.rgb, phantom.field, code, STRENGTHS[quality], seed).rgb


def write_camera(folder: Path, each: int = 8, columns: str = "file,quality,patient") -> Path:
    """`each` good photographs, as many rejects and half as many usable ones; two photographs a patient."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, str]] = []
    for quality, count in (("good", each), ("usable", each // 2), ("reject", each)):
        for _ in range(count):
            name = f"{len(rows):02}.png"
            Image.fromarray(photograph(len(rows), quality)).save(folder / name)
            rows.append({"file": name, "quality": quality, "patient": f"p{len(rows) // 2}"})
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns.split(","), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return folder
