"""NNCF's INT8 of a network, made once for each graph and set of photographs and then kept."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.calibration.photographs import photographs_of
from fundusgate.runtime.bundle import file_sha256
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.prepared import network_input

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fundusgate.calibration.manifest import CalibrationManifest
    from fundusgate.runtime.manifest import Preprocessing

WORKER = Path(__file__).with_name("nncf_worker.py")
REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def nncf_version() -> str:
    """What the environment is made with."""
    pins = dict(line.split("==") for line in REQUIREMENTS.read_text(encoding="ascii").splitlines() if "==" in line)
    return pins["nncf"]


class QuantizingError(RuntimeError):
    """NNCF did not end well; the message is its last word."""


def write_pixels(
    photographs: CalibrationManifest,
    hows: Sequence[Preprocessing],
    folder: Path,
    tell: Callable[[int, int], None],
) -> dict[Preprocessing, Path]:
    """The photographs to calibrate on as each network takes them, uint8, one file a pre-processing."""
    count = len(photographs.calibration)
    paths = {how: folder / f"{number}.npy" for number, how in enumerate(dict.fromkeys(hows))}
    arrays = {
        how: np.lib.format.open_memmap(path, "w+", np.uint8, (count, how.size, how.size, 3))
        for how, path in paths.items()
    }
    for index, (_, rgb) in enumerate(photographs_of(photographs, photographs.calibration)):
        disc = find_disc(rgb)
        for how, array in arrays.items():
            array[index] = network_input(rgb, disc, how)
        tell(index + 1, count)
    for array in arrays.values():
        array.flush()
    return paths


def kept_path(folder: Path, graph: Path, photographs: CalibrationManifest, *, transformer: bool) -> Path:
    """Where the quantized network of a graph lies, named after everything that it was made from."""
    which = [entry.sha256 for entry in photographs.calibration]
    made_from = [file_sha256(graph), REQUIREMENTS.read_text(encoding="ascii"), WORKER.read_text("utf-8"), which]
    name = hashlib.sha256(json.dumps([*made_from, transformer]).encode()).hexdigest()[:16]
    return folder / f"{graph.name.split('.')[0]}.{name}.xml"


def quantize(python: Path, graph: Path, pixels: Path, out: Path, *, transformer: bool) -> None:
    """Let NNCF quantize a graph.

    Args:
        python: Its environment's interpreter.
        graph: fp32, ONNX.
        pixels: uint8 [photographs, S, S, 3].
        out: The .xml to write; the .bin goes beside it.
        transformer: What NNCF shall take it for.

    Raises:
        QuantizingError: It failed.
    """
    aside = out.with_name(f"aside-{out.name}")
    order = {"graph": str(graph), "out": str(aside), "pixels": str(pixels), "transformer": transformer}
    # what PYTHONPATH names is this environment's; in the other's it would hide the pins
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(python), str(WORKER), json.dumps(order)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
    if done.returncode != 0:
        raise QuantizingError((done.stderr.strip().splitlines() or [f"ended with {done.returncode} and no word"])[-1])
    # the weights first: where there is an .xml it is whole
    aside.with_suffix(".bin").replace(out.with_suffix(".bin"))
    aside.replace(out)
