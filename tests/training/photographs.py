"""Small labelled folders of phantom photographs."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from fundusgate.codes import CauseCode
from fundusgate.phantom import degrade, render

if TYPE_CHECKING:
    from pathlib import Path


def write_folder(folder: Path, count: int = 6, size: int = 96) -> Path:
    """``count`` phantoms of two sources, good and reject by turns, with a labels.csv."""
    rows = []
    for index in range(count):
        phantom = render(index, size=size)
        quality = "good" if index % 2 == 0 else "reject"
        rgb = phantom.rgb if quality == "good" else degrade(phantom.rgb, phantom.field, CauseCode.FOCUS, 1.0, index).rgb
        source = "north" if index < count // 2 else "south"
        name = f"{source}-{index}.png"
        Image.fromarray(np.asarray(rgb)).save(folder / name)
        rows.append({"file": name, "source": source, "quality": quality, "split": "val" if index == count - 1 else ""})
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ["file", "source", "quality", "split"])
        writer.writeheader()
        writer.writerows(rows)
    return folder
