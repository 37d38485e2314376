"""How quick the live gate is: assessed frames a second, frame to guidance, press to verdict.

    python benchmarks/live_loop.py --seconds 60 --bundle BUNDLE --json live.json

The simulated camera plays at 30 frames a second in the same process (a third of one core goes to drawing it), the
networks run on ONNX Runtime, the photographs go to a real archive with every fsync. Nothing is clipped or left out:
the percentiles are of every frame since the start. Press-to-verdict runs from the command to the snapshot that shows
the outcome, that is after judging by every network and after the photograph is safe on the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from fundusgate.archive.store import Archive
from fundusgate.device.cameras.base import Frame, Original
from fundusgate.device.cameras.sim import SimulatedCamera
from fundusgate.live.commands import Continue, Press
from fundusgate.live.engine import CommandRefused, LiveGate
from fundusgate.live.latency import Histogram
from fundusgate.phantom import render
from fundusgate.runtime import Assessor
from fundusgate.runtime.gate.state import LIVE, RESTING

if TYPE_CHECKING:
    from numpy.typing import NDArray

STILLS: dict[str, tuple[int, int, bool]] = {
    "512 px": (512, 512, False),
    "12 MP": (3000, 4000, False),
    "12 MP, JPEG": (3000, 4000, True),
}
"""Height, width of the stills whose verdicts are timed, and whether the camera hands over a file of its own; where it
does not, the archive encodes the pixels as PNG."""
PATIENCE = 30.0


class BenchCamera(SimulatedCamera):
    """The simulated camera, with stills of a given size that are ready when they are asked for."""

    still: tuple[NDArray[np.uint8], Original | None] | None = None

    def _do_capture(self, asked: float, deadline: float) -> Frame:
        live = super()._do_capture(asked, deadline)
        if self.still is None:
            return live
        return Frame(self.still[0], live.timestamp, live.sequence, live.metadata, original=self.still[1])


@dataclass(frozen=True)
class Result:
    """What one run measured."""

    settings: dict[str, Any]
    rates: dict[str, float]
    latencies_ms: dict[str, dict[str, float]]
    verdict_ms: dict[str, dict[str, float]]
    parts_ms: dict[str, dict[str, float]]


def make_still(height: int, width: int) -> NDArray[np.uint8]:
    """A phantom's disc in a black frame, with sensor noise."""
    side = min(height, width)
    # a large phantom takes minutes to paint: it is painted at 1024 and made larger, and the noise is at full size
    eye = cv2.resize(render(7, size=min(side, 1024)).rgb, (side, side), interpolation=cv2.INTER_CUBIC)
    still = np.zeros((height, width, 3), np.uint8)
    top, left = (height - side) // 2, (width - side) // 2
    still[top : top + side, left : left + side] = eye
    noise = np.random.default_rng(0).normal(0, 2, still.shape).astype(np.int8)
    return np.clip(still.astype(np.int16) + noise, 0, 255).astype(np.uint8)


def own_file(rgb: NDArray[np.uint8]) -> Original:
    """The JPEG that a camera's own encoder would hand over."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95])
    return Original(data.tobytes(), ".jpg")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the live part lasts")
    parser.add_argument("--presses", type=int, default=8, help="stills of each size")
    parser.add_argument("--bundle", type=Path, default=None, help="the shipped one unless given")
    parser.add_argument("--precision", default="auto", choices=("auto", "fp32", "int8"))
    parser.add_argument("--threads", type=int, default=None, help="of each network; every processor unless given")
    parser.add_argument("--size", type=int, default=512, help="pixels a side of a live frame")
    parser.add_argument(
        "--archive", type=Path, default=None, help="where the stills go; a temporary folder unless given"
    )
    parser.add_argument("--json", type=Path, default=None, help="write the figures there, too")
    given = parser.parse_args()
    result = measure(given)
    show(result)
    if given.json is not None:
        given.json.write_text(json.dumps(asdict(result), indent=1) + "\n", encoding="utf-8")


def measure(given: argparse.Namespace) -> Result:
    """One run."""
    stills = {}
    for name, (height, width, own) in STILLS.items():
        pixels = make_still(height, width)
        stills[name] = (pixels, own_file(pixels) if own else None)
    camera = BenchCamera(7, size=given.size, fps=30.0, repeat=True)
    load = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory() as temporary,
        Assessor.open(given.bundle, precision=given.precision, threads=given.threads) as assessor,
        Archive.open(given.archive or Path(temporary) / "archive") as archive,
        LiveGate(camera, assessor, archive) as gate,
    ):
        _wait_for_live(gate)
        time.sleep(given.seconds)
        snapshot, latencies = gate.snapshot(), gate.latencies()
        verdicts, parts = {}, {}
        for name, still in stills.items():
            camera.still = still
            verdicts[name], parts[name] = _press(gate, archive, given.presses)
        precision = assessor.precision
    rates = {name: float(getattr(snapshot.rates, name)) for name in ("camera", "assessed", "mapped", "scored")}
    return Result(
        settings={
            "precision": precision,
            "bundle": "shipped" if given.bundle is None else given.bundle.name,
            "seconds": given.seconds,
            "threads": given.threads,
            "live_size": given.size,
            "processors": len(os.sched_getaffinity(0)),
            "machine": platform.machine(),
            "load_before": round(load, 2),
            "load_after": round(os.getloadavg()[0], 2),
        },
        rates=rates | {"dropped": float(snapshot.rates.dropped), "lost": float(snapshot.rates.lost)},
        latencies_ms={name: dict(stage) for name, stage in latencies.items() if stage},
        verdict_ms=verdicts,
        parts_ms=parts,
    )


def _wait_for_live(gate: LiveGate) -> None:
    snapshot, until = gate.snapshot(), time.monotonic() + PATIENCE
    while snapshot.phase not in LIVE:
        snapshot = gate.wait_for_newer(snapshot.revision, 1.0) or snapshot
        if time.monotonic() > until:
            raise SystemExit(f"the gate stays {snapshot.phase.value}: {snapshot.why}")


def _press(gate: LiveGate, archive: Archive, presses: int) -> tuple[dict[str, float], dict[str, float]]:
    """Press again and again; press to verdict, and the mean of its parts."""
    verdicts, parts = Histogram(), []
    while verdicts.count < presses:
        _wait_for_live(gate)
        began, captures = time.monotonic(), len(gate.snapshot().captures)
        try:
            gate.submit(Press())
        except CommandRefused:
            continue
        snapshot = gate.snapshot()
        while not (snapshot.phase in RESTING and len(snapshot.captures) > captures):
            snapshot = gate.wait_for_newer(snapshot.revision, 1.0) or snapshot
            if time.monotonic() - began > PATIENCE:
                raise SystemExit(f"no verdict came: {snapshot.why}")
        verdicts.add(1e3 * (time.monotonic() - began))
        record = archive.get(snapshot.captures[0].id)
        elapsed = record.assessment["elapsed_ms"]
        parts.append({**record.timings_ms, **{name: elapsed[name] for name in ("preprocess", "map", "score")}})
        gate.submit(Continue())
    return dict(verdicts.summary()), {name: float(np.median([part[name] for part in parts])) for name in parts[0]}


def show(result: Result) -> None:
    """Print the figures."""
    console = Console()
    console.print("  ".join(f"{name} {value}" for name, value in result.settings.items()), soft_wrap=True)
    console.print(
        "a second: " + "  ".join(f"{name} {value:.1f}" for name, value in result.rates.items()), soft_wrap=True
    )
    table = Table("milliseconds", "p50", "p90", "p99", "max")
    rows = {name: stage for name, stage in result.latencies_ms.items() if name != "still"}
    rows["guidance"] = rows.pop("guidance")
    for name, row in (rows | {f"press to verdict, {name}": row for name, row in result.verdict_ms.items()}).items():
        table.add_row(name, *(f"{row[column]:.0f}" for column in ("p50", "p90", "p99", "max")))
    console.print(table)
    for name, parts in result.parts_ms.items():
        told = ", ".join(f"{part} {value:.0f} ms" for part, value in parts.items())
        console.print(f"median of {name}: {told}", soft_wrap=True)


if __name__ == "__main__":
    main()
