"""A program for `test_kill`: `fundusgate export --calibration` of a tiny network, killed at chosen steps, often.

Everything slow is imported once; each export is a fork of this process, so that dozens take seconds.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import fundusgate.commands.export
import fundusgate.export.accuracy.plot
import fundusgate.export.accuracy.tell
import fundusgate.export.pipeline
import fundusgate.export.quantize
from fundusgate.calibration.cache import default_cache
from fundusgate.cli import app
from fundusgate.export.specs import SPECS
from fundusgate.models import registry
from fundusgate.runtime.bundle import Bundle
from tests.export.networks import tiny_spec

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "tiny"
CELLS = 16
STEPS = (
    "open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.listdir", "os.scandir",
    "shutil.rmtree", "fcntl.flock", "ctypes.dlsym", "tempfile.mkdtemp",
)  # fmt: skip
"""What the interpreter announces before it does it, and the file system can see."""


class SmallMap(nn.Module):
    """Convolutions that are quantized, to the 16 x 16 cells that a gate takes."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.body = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU()
        )
        self.head = nn.Conv2d(16, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.body(x))
        return out


def version_at(out: Path) -> str:
    return Bundle.open(out).model(NAME).version


def write_weights(folder: Path, version: str) -> Path:
    path = folder / f"{version}.safetensors"
    save_file(SmallMap(int(version)).state_dict(), path, metadata={"version": version})
    return path


def export(root: Path, version: str, kill_at: int | None, counted: Callable[[int], None] | None = None) -> int:
    """One export in a process of its own; its wait status."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    sink = os.open(root / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    steps = 0

    def hook(event: str, _arguments: object) -> None:
        nonlocal steps
        if event not in STEPS:
            return
        steps += 1
        if steps == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    command = ["export", "--out", str(root / "bundle"), "--calibration", str(root / "photographs")]
    command += ["--budget", str(root / "budget.toml"), "--model", f"{NAME}={root / version}.safetensors"]
    code = app(command, standalone_mode=False)
    if counted is not None:
        counted(steps)
    os._exit(code or 0)


def main(root: Path) -> None:
    """Print what was at the bundle's place after each kill, and how each killed export ended."""
    torch.set_num_threads(1)
    registry._BUILDERS[NAME] = SmallMap
    registry.MODEL_NAMES = (*registry.MODEL_NAMES, NAME)
    SPECS[NAME] = tiny_spec(NAME, CELLS)
    # Drawing takes most of so small an export's time, and the bundle nothing from it.
    fundusgate.export.accuracy.plot.plot_accuracy = lambda *given: given[-1].touch()
    for version in ("1", "2"):
        write_weights(root, version)
    count = root / "count"
    for version in ("1", "2"):
        if export(root, version, None, lambda steps: count.write_text(str(steps)) and None) != 0:
            raise SystemExit((root / "said.txt").read_text())
    steps = int(count.read_text())
    # The last steps write the files, publish the bundle and clear the old one away; what killed exports left behind is
    # cleared away first, so that these come later than they did without it.
    moments = sorted({*range(1, steps, max(1, steps // 4)), *range(steps - 30, steps + 16, 3)})
    random.Random(0).shuffle(moments)
    killed = []
    for number, moment in enumerate(moments):
        if number % 2:
            shutil.rmtree(default_cache(), ignore_errors=True)
        before = version_at(root / "bundle")
        status = export(root, "21"[before == "2"], moment)
        killed.append([moment, status, version_at(root / "bundle") != before])
    last = export(root, "1", None)
    print(json.dumps({"steps": steps, "killed": killed, "last": last, "version": version_at(root / "bundle")}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
