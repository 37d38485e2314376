"""What exporting the published EFIQA-CP takes at each size of the photograph, and what it would take on a Jetson.

The weights are random: right for time, memory and file sizes, meaningless for quality. Both commands are the real
ones, each in a process of its own, so that its peak memory is its own.

    python benchmarks/efiqa_cp_sizes.py --folder /tmp/efiqa-cp --size 224 --size 512 --size 1024
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from fundusgate.models import build
from fundusgate.models.dinov3 import random_backbone

JETPACKS = ("6.0", "6.2", "7.x")
COMMAND = [sys.executable, "-c", "from fundusgate.cli import app; app()"]


def write_random_weights(folder: Path) -> tuple[Path, Path]:
    """A backbone's folder and a context network's file as users have them, drawn at random."""
    torch.manual_seed(0)
    backbone, context = folder / "dinov3-vitl16", folder / "context.safetensors"
    if not context.is_file():
        random_backbone().save_pretrained(backbone)
        save_file(build("efiqa-cp-context").state_dict(), context)
    return backbone, context


@dataclass(frozen=True)
class Run:
    """A command that has ended."""

    code: int
    out: str
    error: str
    seconds: float
    cpu_seconds: float
    """Of all its threads: what a busy machine does not change much."""
    peak_mib: float

    def cost(self, of: str) -> dict[str, float]:
        """Time and memory under names that begin with `of`."""
        return {f"{of}_seconds": self.seconds, f"{of}_cpu_seconds": self.cpu_seconds, f"{of}_peak_mib": self.peak_mib}


def measured(folder: Path, arguments: list[str]) -> Run:
    """Run a command to its end."""
    out, error = folder / "out.txt", folder / "error.txt"
    started = time.perf_counter()
    with out.open("w") as stdout, error.open("w") as stderr:
        child = subprocess.Popen([*COMMAND, *arguments], stdout=stdout, stderr=stderr)
        _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    return Run(code, out.read_text(), error.read_text(), seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def at(size: int, folder: Path, backbone: Path, context: Path, *, audit: bool) -> dict[str, Any]:
    """Everything that is learnt at one size."""
    bundle = folder / f"bundle-{size}"
    named = ["--model", f"efiqa-cp@{size}={context}", "--backbone", str(backbone)]
    made = measured(folder, ["export", "--out", str(bundle), *named])
    if made.code:
        raise SystemExit(f"export ended with {made.code}: {made.error}")
    files = {path.name: path.stat().st_size for path in sorted(bundle.iterdir())}
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    parity = manifest["models"][0]["parity"]["fp32"]
    result: dict[str, Any] = {"size": size, **made.cost("export"), "files": files}
    result |= {"parity": {key: parity[key] for key in ("images", "max_abs_difference")}}
    judge = ["readiness", str(bundle), *(part for version in JETPACKS for part in ("--jetpack", version))]
    judged = measured(folder, [*judge, "--json", "--audit" if audit else "--no-audit"])
    if not judged.out:
        raise SystemExit(f"readiness ended with {judged.code}: {judged.error}")
    (graph,) = json.loads(judged.out)["graphs"]
    said = graph["audit"]
    result |= judged.cost("readiness")
    result["ready"] = {target["jetpack"]: target["ready"] for target in graph["targets"]}
    result["audit"] = said and {key: said[key] for key in ("tensorrt_rtx", "refused", "products")}
    return result | {"estimate": graph["estimate"]}


def main() -> None:
    """Print one JSON object a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="Where weights (1.2 GB) and bundles are written.")
    parser.add_argument("--size", type=int, action="append", help="Side of the photograph, smallest first.")
    parser.add_argument("--audit", action="store_true", help="Also build with TensorRT-RTX.")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    backbone, context = write_random_weights(given.folder)
    for size in given.size or (224, 512, 1024):
        print(json.dumps(at(size, given.folder, backbone, context, audit=given.audit)), flush=True)


if __name__ == "__main__":
    main()
