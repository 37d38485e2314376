"""Draw what the phantom can do on one sheet: `python -m fundusgate.phantom.contact_sheet OUT.png`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.codes import CauseCode
from fundusgate.phantom.cameras import CAMERAS
from fundusgate.phantom.faults import degrade, degrade_locally
from fundusgate.phantom.live import LiveSession
from fundusgate.phantom.negatives import KINDS
from fundusgate.phantom.render import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fundusgate.phantom.arrays import UInt8Image
    from fundusgate.phantom.degraded import Degraded

OUTLINE = (90, 255, 130)
"""Colour of the outline of what is hidden."""
STRENGTHS = (0.25, 0.5, 0.9)
SIZE = 512


def outlined(done: Degraded) -> UInt8Image:
    """The degraded photograph with the edge of what is hidden drawn on it."""
    out = done.rgb.copy()
    edges, _ = cv2.findContours(done.hidden.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(out, edges, -1, OUTLINE, max(2, out.shape[0] // 170), cv2.LINE_AA)
    return out


def tile(rgb: UInt8Image, side: int, caption: str) -> UInt8Image:
    """A picture shrunk to `side` x `side` with a caption in its corner."""
    small = np.asarray(cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    for colour, thick in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(small, caption, (5, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.38, colour, thick, cv2.LINE_AA)
    return small


def grid(tiles: Sequence[UInt8Image], columns: int) -> UInt8Image:
    """Tiles in rows of `columns`, the last row filled up with black."""
    blank = np.zeros_like(tiles[0])
    rows = [list(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    rows[-1] += [blank] * (columns - len(rows[-1]))
    return np.vstack([np.hstack(row) for row in rows])


def eyes(side: int, columns: int) -> UInt8Image:
    """Eyes in front of every camera."""
    tiles = []
    for number, name in enumerate([*CAMERAS, *CAMERAS][: 2 * columns]):
        phantom = render(100 + number, SIZE, name)
        tiles.append(tile(phantom.rgb, side, f"{name} {phantom.laterality.value}"))
    return grid(tiles, columns)


def faults(side: int, columns: int) -> UInt8Image:
    """Every fault at three strengths, what it hides outlined."""
    tiles = []
    cameras = [name for name in CAMERAS if name != "handheld-30"]
    codes = [code for code in CauseCode if code is not CauseCode.UNKNOWN]
    for number, code in enumerate(codes):
        phantom = render(200 + number, SIZE, cameras[number % len(cameras)])
        for strength in STRENGTHS:
            done = degrade(phantom.rgb, phantom.field, code, strength, seed=number)
            caption = f"{code.value} {strength:g}:  {100 * done.hidden_fraction(phantom.field):.0f} %"
            tiles.append(tile(outlined(done), side, caption))
    return grid(tiles, columns)


def local_faults(side: int, columns: int, count: int) -> UInt8Image:
    """Local faults as training draws them."""
    tiles = []
    for number in range(count):
        phantom = render(300 + number, SIZE)
        done = degrade_locally(phantom.rgb, phantom.field, number, (0.4, 0.7, 1.0)[number % 3])
        tiles.append(tile(outlined(done), side, " + ".join(f"like {code.value}" for code in done.codes)))
    return grid(tiles, columns)


def negatives(side: int, columns: int) -> UInt8Image:
    """Three of each kind of picture that is no fundus."""
    tiles = [tile(kind(seed, SIZE), side, kind.__name__) for kind in KINDS for seed in (1, 2, 3)]
    return grid(tiles, columns)


def live(side: int, columns: int, count: int) -> UInt8Image:
    """Evenly spaced frames of one session."""
    frames = list(LiveSession(5, SIZE, fps=8))
    chosen = [frames[round(i * (len(frames) - 1) / (count - 1))] for i in range(count)]
    return grid([tile(f.rgb, side, f"{f.seconds:.1f} s {f.phase.value}") for f in chosen], columns)


def contact_sheet(side: int = 190) -> UInt8Image:
    """The whole sheet.

    Args:
        side: Pixels a side of one tile.

    Returns:
        Height x (9 * side) x 3 uint8, RGB.
    """
    columns = 9
    gap = np.full((6, columns * side, 3), 70, np.uint8)
    parts = [
        eyes(side, columns),
        faults(side, columns),
        local_faults(side, columns, 2 * columns),
        negatives(side, columns),
        live(side, columns, 2 * columns),
    ]
    return np.vstack([row for part in parts for row in (part, gap)][:-1])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the sheet to the file named; the ending (png, jpg) says the format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="file to write, .png or .jpg")
    parser.add_argument("--side", type=int, default=190, help="pixels a side of one tile")
    chosen = parser.parse_args(arguments)
    sheet = contact_sheet(chosen.side)
    settings = {".png": [], ".jpg": [cv2.IMWRITE_JPEG_QUALITY, 82]}
    ending = chosen.out.suffix.lower()
    if ending not in settings:
        parser.error(f"cannot write {ending!r} files: name a .png or a .jpg")
    coded = cv2.imencode(ending, sheet[..., ::-1], settings[ending])[1]
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_bytes(coded.tobytes())


if __name__ == "__main__":
    main()
