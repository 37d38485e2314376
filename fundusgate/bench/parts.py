"""Each part alone: what preparing a photograph is made of, and the networks on bare sessions beside the whole."""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.bench.record import VERDICT, Overhead
from fundusgate.bench.statistics import percentile, saved_share_interval
from fundusgate.runtime.backends.choice import Engine
from fundusgate.runtime.backends.onnx_cpu import DISABLED_OPTIMIZERS
from fundusgate.runtime.bundle import Bundle
from fundusgate.runtime.cues import measure_cues
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.field_cut import visible_field
from fundusgate.runtime.manifest import Precision, Role
from fundusgate.runtime.networks import required
from fundusgate.runtime.opening import open_networks
from fundusgate.runtime.prepared import CELLS, CUE_SIDE, network_input, prepare
from fundusgate.runtime.preprocessing import frame_disc, inside_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.runtime import Assessor

ROLES = (Role.MAP, Role.SCORE)


def preparation_parts(
    photographs: Sequence[NDArray[np.uint8]], bundle_folder: Path, rounds: int
) -> dict[str, list[float]]:
    """Time the steps of `runtime.prepared.prepare` one by one.

    Args:
        photographs: Each H x W x 3 uint8, RGB.
        bundle_folder: Whose networks state how they want to be fed.
        rounds: Samples of each part; the photographs come in turn.

    Returns:
        Milliseconds by part: `disc`, `framing` (for both networks), `field`, `cues`.
    """
    bundle = Bundle.open(bundle_folder)
    map_how, score_how = (required(bundle, role).preprocessing for role in ROLES)
    taken: dict[str, list[float]] = {"disc": [], "framing": [], "field": [], "cues": []}
    for number in range(rounds):
        rgb = photographs[number % len(photographs)]
        marks = [time.monotonic()]
        disc = find_disc(rgb)
        marks.append(time.monotonic())
        framed = frame_disc(rgb, disc, map_how.size)
        seen = framed if map_how.size >= CUE_SIDE else frame_disc(rgb, disc, CUE_SIDE)
        if score_how.framing is not map_how.framing or score_how.size != map_how.size:
            network_input(rgb, disc, score_how)
        marks.append(time.monotonic())
        field = visible_field(seen.rgb, seen.inside)
        inside_cells(field, CELLS)
        marks.append(time.monotonic())
        measure_cues(seen.rgb, field)
        marks.append(time.monotonic())
        for name, start, end in zip(taken, marks, marks[1:], strict=False):
            taken[name].append(1e3 * (end - start))
    return taken


@contextmanager
def bare_networks(
    bundle_folder: Path, assessor: Assessor, backend: str, precision: str, threads: int, photograph: NDArray[np.uint8]
) -> Iterator[Callable[[], float]]:
    """Both networks without anything around them, a second time beside the assessor's own.

    On the processor they are ONNX Runtime's own sessions, set as the backend sets them; elsewhere the backend itself.

    Args:
        bundle_folder: Of the bundle.
        assessor: What they are compared with.
        backend: As the assessor was asked for.
        precision: Likewise.
        threads: For one operator on the processor.
        photograph: H x W x 3 uint8, RGB: what they are given, prepared beforehand.

    Yields:
        A function that runs both once and returns milliseconds.
    """
    bundle = Bundle.open(bundle_folder)
    manifests = {role: required(bundle, role) for role in ROLES}
    ready = prepare(photograph, manifests[Role.MAP].preprocessing, manifests[Role.SCORE].preprocessing)
    images = {Role.MAP: ready.map_input, Role.SCORE: ready.score_input}
    if assessor.engine is Engine.CPU:
        graphs = {role: bundle.graph_path(manifests[role].name, Precision(assessor.precision)) for role in ROLES}
        yield _timed([_session_call(graphs[role], threads, images[role]) for role in ROLES])
        return
    networks = open_networks(bundle, manifests, backend, precision, threads)
    try:
        yield _timed([partial(networks.of[role].backend.infer, images[role]) for role in ROLES])
    finally:
        networks.close()


def overhead(press: Callable[[], dict[str, float]], bare: Callable[[], float], pairs: int) -> Overhead:
    """How much of press to verdict is not the networks.

    Both are taken in turn, and each comes first every other time, so that heat and other programs meet both alike.

    Args:
        press: Presses once, back to back.
        bare: Runs the networks alone; returns milliseconds.
        pairs: How many of each, 1 and up.
    """
    for _ in range(3):
        press()
        bare()
    whole, preprocess, part = [], [], []
    for number in range(pairs):
        if number % 2:
            part.append(bare())
        pressed = press()
        whole.append(pressed[VERDICT])
        preprocess.append(pressed["preprocess"])
        if not number % 2:
            part.append(bare())
    work = [looked + ran for looked, ran in zip(preprocess, part, strict=True)]
    interval, glue = saved_share_interval(whole, part), saved_share_interval(whole, work)
    return Overhead(
        verdict_ms=whole,
        preprocess_ms=preprocess,
        networks_ms=part,
        share=1 - percentile(part, 50) / percentile(whole, 50),
        share_low=interval.low,
        share_high=interval.high,
        glue_share=1 - percentile(work, 50) / percentile(whole, 50),
        glue_share_low=glue.low,
        glue_share_high=glue.high,
    )


def _timed(calls: Sequence[Callable[[], object]]) -> Callable[[], float]:
    def run() -> float:
        began = time.monotonic()
        for call in calls:
            call()
        return 1e3 * (time.monotonic() - began)

    return run


def _session_call(path: Path, threads: int, image: NDArray[np.uint8]) -> Callable[[], object]:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(
        str(path),
        sess_options=options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=DISABLED_OPTIMIZERS,
    )
    batch = np.ascontiguousarray(image[np.newaxis])
    return partial(session.run, None, {session.get_inputs()[0].name: batch})
