"""Where a benchmark ran: everything that a reader needs to believe it, and a second machine to repeat it."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from importlib import metadata
from typing import TYPE_CHECKING, Any

from fundusgate import __version__
from fundusgate.bench.photographs import pixels_sha256
from fundusgate.bench.record import Environment, Setup
from fundusgate.device.board.tree import Tree
from fundusgate.runtime.backends.processors import usable_processors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.device.board.board import BoardState
    from fundusgate.runtime import Assessor

_PACKAGES = (
    "numpy",
    "onnxruntime",
    "onnxruntime-gpu",
    "opencv-python-headless",
    "openvino",
    "pillow",
    "pycuda",
    "tensorrt",
)


def setup_of(
    board: BoardState,
    assessor: Assessor,
    camera: str,
    photographs: Sequence[NDArray[np.uint8]] | None,
    cadences_hz: Sequence[float | None],
    threads: int,
) -> Setup:
    """What must be alike before two runs are compared.

    Args:
        board: Before the run.
        assessor: Open.
        camera: Its name.
        photographs: Each H x W x 3 uint8, RGB; None for a live camera, whose pictures nobody knows beforehand.
        cadences_hz: Which are measured.
        threads: Of each network.
    """
    mode = board.power_modes.current
    return Setup(
        board=board.identity.model or platform.machine(),
        power_mode=None if mode is None else mode.name,
        clocks_locked=board.clocks.locked,
        governors=sorted({clock.governor for clock in board.clocks.cpus if clock.governor}),
        processor=_processor(),
        processors=usable_processors(),
        threads=threads,
        engine=assessor.engine.value,
        precision=assessor.precision,
        bundle_sha256=assessor.bundle_sha256,
        networks={network.name: network.sha256 for network in assessor.networks},
        camera=camera,
        photographs_sha256=None if photographs is None else pixels_sha256(photographs),
        sizes=sorted({(photograph.shape[0], photograph.shape[1]) for photograph in photographs or ()}),
        cadences_hz=list(cadences_hz),
    )


def environment_of(
    began: datetime,
    before: BoardState,
    after: BoardState,
    load_before: tuple[float, float, float],
    running: str,
    flags: Mapping[str, Any],
) -> Environment:
    """Everything else, told at the end of a run.

    Args:
        began: When the run began, with a time zone.
        before: The board before it.
        after: The board now.
        load_before: Load averages over 1, 5 and 15 minutes before it.
        running: What the assessor says that it runs on.
        flags: What the user asked for.
    """
    return Environment(
        began_at=began.astimezone(timezone.utc).isoformat(timespec="seconds"),
        ended_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        versions=_versions(),
        system=platform.platform(),
        board_before=before.to_json_object(),
        board_after=after.to_json_object(),
        load_before=list(load_before),
        load_after=list(os.getloadavg()),
        affinity=sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [],
        running=running,
        flags=dict(flags),
    )


def _versions() -> dict[str, str]:
    found = {"fundusgate": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    """The processor's own name; the architecture where the kernel gives none (as on ARM)."""
    lines = (Tree().text("proc/cpuinfo") or "").splitlines()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()
