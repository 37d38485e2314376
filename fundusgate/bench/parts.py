"""Each part alone: what preparing a photograph is made of, and the networks on bare sessions beside the whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fundusgate.bench.series import VERDICT, to_nanoseconds
from fundusgate.bench.shares import Overhead
from fundusgate.runtime.backends.choice import Engine
from fundusgate.runtime.backends.onnx_cpu import DISABLED_OPTIMIZERS
from fundusgate.runtime.backends.processors import usable_processors
from fundusgate.runtime.bundle import Bundle
from fundusgate.runtime.cues import measure_cues
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.field_cut import visible_field
from fundusgate.runtime.framing.framer import PROCESSOR, Framer
from fundusgate.runtime.manifest import Precision, Role
from fundusgate.runtime.networks import required
from fundusgate.runtime.opening import open_networks
from fundusgate.runtime.prepared import CELLS, framed_about, look, score_input
from fundusgate.runtime.preprocessing import inside_cells

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from fundusgate.runtime import Assessor
    from fundusgate.runtime.manifest import Preprocessing

NetworkCall = Callable[[NDArray[np.uint8]], object]
ROLES = (Role.MAP, Role.SCORE)
WARM_UP = 3
"""Rounds that are not counted."""


def preparation_parts(
    photographs: Sequence[NDArray[np.uint8]], bundle_folder: Path, rounds: int, framer: Framer = PROCESSOR
) -> dict[str, list[float]]:
    """Time the steps of `runtime.prepared.prepare` one by one.

    Args:
        photographs: Each H x W x 3 uint8, RGB.
        bundle_folder: Whose networks state how they want to be fed.
        rounds: Samples of each part; the photographs come in turn.
        framer: Frames the disc.

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
        framed = framed_about(rgb, disc, map_how, score_how, framer)
        score_input(rgb, framed, score_how)
        seen = framed.for_cues
        marks.append(time.monotonic())
        field = visible_field(seen.rgb, seen.inside)
        inside_cells(field, CELLS)
        marks.append(time.monotonic())
        measure_cues(seen.rgb, field)
        marks.append(time.monotonic())
        for name, start, end in zip(taken, marks, marks[1:], strict=False):
            taken[name].append(to_nanoseconds(1e3 * (end - start)))
    return taken


class PlainWork:
    """What a press does, written down plainly: nothing of the camera, the assessor or the gate is in it.

    Args:
        calls: Run the map and the score network on an input, S x S x 3 uint8.
        hows: How they want to be fed.
        framer: Frames the disc.
        pool: Where the cues go on beside the networks; None for after them.
    """

    def __init__(
        self,
        calls: tuple[NetworkCall, NetworkCall],
        hows: tuple[Preprocessing, Preprocessing],
        framer: Framer,
        pool: Executor | None,
    ) -> None:
        self._calls = calls
        self._hows = hows
        self._framer = framer
        self._pool = pool

    def whole(self, rgb: NDArray[np.uint8]) -> float:
        """Milliseconds for disc, framing, networks, and the cues beside them where there is a second processor.

        Args:
            rgb: H x W x 3 uint8, RGB.
        """
        began = time.monotonic()
        framed = framed_about(rgb, find_disc(rgb), *self._hows, self._framer)
        for_score = score_input(rgb, framed, self._hows[1])
        looking = None if self._pool is None else self._pool.submit(look, framed)
        self._calls[0](framed.map_input)
        self._calls[1](for_score)
        if looking is None:
            look(framed)
        else:
            looking.result()
        return to_nanoseconds(1e3 * (time.monotonic() - began))

    def networks(self, inputs: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> float:
        """Milliseconds for both networks alone.

        Args:
            inputs: The map network's and the score network's.
        """
        began = time.monotonic()
        for call, image in zip(self._calls, inputs, strict=True):
            call(image)
        return to_nanoseconds(1e3 * (time.monotonic() - began))

    def inputs(self, rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """What both networks take of a photograph."""
        framed = framed_about(rgb, find_disc(rgb), *self._hows, self._framer)
        return framed.map_input, score_input(rgb, framed, self._hows[1])


@contextmanager
def plain_work(
    bundle_folder: Path, assessor: Assessor, backend: str, precision: str, threads: int
) -> Iterator[PlainWork]:
    """Both networks without anything around them, a second time beside the assessor's own.

    On the processor they are ONNX Runtime's own sessions, set as the backend sets them; elsewhere the backend itself.

    Args:
        bundle_folder: Of the bundle.
        assessor: What they are compared with.
        backend: As the assessor was asked for.
        precision: Likewise.
        threads: For one operator on the processor.
    """
    bundle = Bundle.open(bundle_folder)
    manifests = {role: required(bundle, role) for role in ROLES}
    hows = manifests[Role.MAP].preprocessing, manifests[Role.SCORE].preprocessing
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1)) if usable_processors() > 1 else None
        calls: tuple[NetworkCall, NetworkCall]
        framer: Framer = PROCESSOR
        if assessor.engine is Engine.CPU:
            graphs = [bundle.graph_path(manifests[role].name, Precision(assessor.precision)) for role in ROLES]
            calls = _session_call(graphs[0], threads), _session_call(graphs[1], threads)
        else:
            networks = open_networks(bundle, manifests, backend, precision, threads)
            stack.callback(networks.close)
            calls = networks.of[Role.MAP].backend.infer, networks.of[Role.SCORE].backend.infer
            framer = networks.framer
        yield PlainWork(calls, hows, framer, pool)


def overhead(
    press: Callable[[], dict[str, float]], plain: PlainWork, photographs: Sequence[NDArray[np.uint8]], rounds: int
) -> Overhead:
    """How much of press to verdict is the networks', the photograph's and our runtime's.

    The three are taken in turn, and each comes first every third time, so that heat and other programs meet all alike.

    Args:
        press: Presses once, back to back; gets the photographs in turn.
        plain: The same work without our runtime.
        photographs: Each H x W x 3 uint8, RGB.
        rounds: How many of each, 1 and up.
    """
    inputs = [plain.inputs(rgb) for rgb in photographs]
    taken: list[list[float]] = [[], [], []]
    for number in range(-WARM_UP, rounds):
        place = (number + WARM_UP) % len(photographs)
        ways = (
            lambda: press()[VERDICT],
            partial(plain.whole, photographs[place]),
            partial(plain.networks, inputs[place]),
        )
        for which in (number % 3, (number + 1) % 3, (number + 2) % 3):
            took = ways[which]()
            if number >= 0:
                taken[which].append(took)
    return Overhead.of(*taken)


def _session_call(path: Path, threads: int) -> NetworkCall:
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
    name = session.get_inputs()[0].name
    return lambda image: session.run(None, {name: image[np.newaxis]})
