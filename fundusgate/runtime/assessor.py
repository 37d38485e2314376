"""A photograph in, an assessment out: the bundle's networks and the plain cues behind one object."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.assessment import Assessment
from fundusgate.runtime.beside import Beside
from fundusgate.runtime.bundle import MANIFEST_NAME, Bundle, file_sha256, shipped_bundle
from fundusgate.runtime.causes import cue_severities
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.glance import Glance, shown, signature_of
from fundusgate.runtime.guidance import prompt_for
from fundusgate.runtime.manifest import Role
from fundusgate.runtime.networks import PRECISIONS, NetworkIdentity, required, with_working_points
from fundusgate.runtime.opening import open_networks
from fundusgate.runtime.outputs import AssessorError, output_that_means, read_map, score_scale
from fundusgate.runtime.prepared import CELLS, framed_about, look, network_input, score_input
from fundusgate.runtime.profile import Profile
from fundusgate.runtime.score_scale import weighed
from fundusgate.runtime.stopwatch import Stopwatch
from fundusgate.runtime.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray
    from typing_extensions import Self

    from fundusgate.runtime.backends.choice import Engine
    from fundusgate.runtime.framing.framer import Framer
    from fundusgate.runtime.opening import OpenNetworks

__all__ = ["Assessor", "AssessorError", "NetworkIdentity"]


class Assessor:
    """Assesses photographs with one bundle; use it as a context manager. Safe to share between threads.

    Example:
        ```python
        with Assessor.open() as assessor:
            assessment = assessor.assess(read_photograph(path))
        ```
    """

    def __init__(self, networks: OpenNetworks, profile: Profile, bundle_sha256: str) -> None:
        self._opened = networks
        self._score = networks.of[Role.SCORE]
        self._map = networks.of[Role.MAP]
        self._profile = profile
        self._bundle_sha256 = bundle_sha256
        self._scale = score_scale(self._score.manifest)
        self._beside = Beside()
        self._lock = threading.Lock()
        self._open = True

    @classmethod
    def open(
        cls,
        bundle: Path | None = None,
        precision: str = "auto",
        threads: int | None = None,
        profile: Profile | None = None,
        backend: str = "auto",
        engines: Path | None = None,
    ) -> Assessor:
        """Open a bundle's networks.

        Args:
            bundle: folder of the bundle; None for the one shipped with the package.
            precision: "auto", "fp32" or "int8"; "auto" takes INT8 where the bundle holds it (export writes it only
                within the accuracy budget), else float.
            threads: threads for one network, 1 and up; None takes every processor that this process may use.
            profile: thresholds; None takes the shipped profile with the working points of the bundle's own weights.
            backend: what runs the networks: "tensorrt", "cuda", "cpu" or "openvino", and nothing takes its place;
                "auto" takes the best of the first three, and `running` says which and why.
            engines: folder where `fundusgate compile` keeps engines; None for the user's cache folder.

        Raises:
            AssessorError: the bundle lacks a network, a precision, or was made for another pre-processing.
            BundleError: the bundle is not whole.
            BackendError: a graph cannot be opened, or the backend that was asked for cannot run here.
        """
        if precision not in PRECISIONS:
            raise AssessorError(f"precision {precision!r} is unknown: choose one of {', '.join(PRECISIONS)}")
        opened = Bundle.open(shipped_bundle() if bundle is None else bundle)
        manifests = {role: required(opened, role) for role in (Role.MAP, Role.SCORE)}
        networks = open_networks(opened, manifests, backend, precision, threads, engines)
        try:
            return cls(
                networks,
                profile=with_working_points(Profile.load(), manifests) if profile is None else profile,
                bundle_sha256=file_sha256(opened.folder / MANIFEST_NAME),
            )
        except (RuntimeError, ValueError):
            networks.close()
            raise

    @property
    def profile(self) -> Profile:
        """The thresholds in use."""
        return self._profile

    @property
    def precision(self) -> str:
        """The variant that runs: of the bundle's graphs, such as "fp32"; of engines their names, such as "fp16"."""
        return "+".join(dict.fromkeys((self._map.precision, self._score.precision)))

    @property
    def engine(self) -> Engine:
        """What runs the networks."""
        return self._opened.engine

    @property
    def running(self) -> str:
        """What runs the networks and why nothing better does, in one sentence to be shown once."""
        return self._opened.running

    @property
    def framer(self) -> Framer:
        """What frames the photographs: the processor, or the GPU where that is as right and quicker."""
        return self._opened.framer

    @property
    def bundle_sha256(self) -> str:
        """SHA-256 of the bundle's manifest, lower-case hexadecimal."""
        return self._bundle_sha256

    @property
    def networks(self) -> tuple[NetworkIdentity, ...]:
        """Which networks run: the map's, the score's."""
        return tuple(
            NetworkIdentity(network.manifest.name, network.manifest.version, network.sha256)
            for network in (self._map, self._score)
        )

    def assess(self, rgb: NDArray[np.uint8], attempts: int = 1) -> Assessment:
        """Assess one photograph.

        Args:
            rgb: H x W x 3 uint8, RGB, any size.
            attempts: which attempt at this eye this is, 1 and up (see `judge`).

        Raises:
            TypeError: not an array, or not uint8.
            ValueError: not H x W x 3, or without pixels.
            AssessorError: the assessor is closed.
            BackendError: a network failed; no earlier result is ever given in its place.
        """
        _check_photograph(rgb)
        clock = Stopwatch()
        map_how, score_how = self._map.manifest.preprocessing, self._score.manifest.preprocessing
        disc = find_disc(rgb)
        clock.lap("disc")
        framed = framed_about(rgb, disc, map_how, score_how, self.framer)
        for_score = score_input(rgb, framed, score_how)
        clock.lap("framing")
        with self._serving():
            looking = self._beside.begin(partial(look, framed))
            clock.lap("waited")
            from_map = self._map.backend.infer(framed.map_input)
            clock.lap("map")
            from_score = self._score.backend.infer(for_score)
            clock.lap("score")
        seen = looking.result()
        clock.lap("cues")
        degraded, retina = read_map(self._map.manifest, from_map)
        score = weighed(self._opinion(from_score), degraded, seen.cells, self._profile.score.by_map)
        judgement = judge(score, degraded, seen.cells, retina, seen.cues, self._profile, attempts)
        return Assessment(
            verdict=judgement.verdict,
            score=score,
            degraded_fraction=judgement.degraded_fraction,
            map=shown(degraded, seen.cells),
            box=framed.box,
            causes=judgement.causes,
            main=judgement.main,
            prompt=prompt_for(judgement.verdict, judgement.main),
            precision=self.precision,
            models={network.manifest.name: network.manifest.version for network in (self._map, self._score)},
            elapsed_ms=clock.stages(),
        )

    def glance(self, rgb: NDArray[np.uint8], *, want_map: bool, want_score: bool) -> Glance:
        """Look at one live frame: the cues, and each network that is wanted. The same numbers as `assess`.

        Args:
            rgb: H x W x 3 uint8, RGB, any size.
            want_map: whether the map network looks.
            want_score: whether the score network looks; the reported score needs the map, too.

        Raises:
            TypeError: not an array, or not uint8.
            ValueError: not H x W x 3, or without pixels.
            AssessorError: the assessor is closed.
            BackendError: a network failed; no earlier result is ever given in its place.
        """
        _check_photograph(rgb)
        clock = Stopwatch()
        map_how, score_how = self._map.manifest.preprocessing, self._score.manifest.preprocessing
        disc = find_disc(rgb)
        clock.lap("disc")
        framed = framed_about(rgb, disc, map_how, score_how if want_score else None, self.framer)
        for_score = score_input(rgb, framed, score_how) if want_score else None
        clock.lap("framing")
        degraded = retina = opinion = score = None
        with self._serving():
            looking = self._beside.begin(partial(look, framed))
            clock.lap("waited")
            if want_map:
                degraded, retina = read_map(self._map.manifest, self._map.backend.infer(framed.map_input))
                degraded.setflags(write=False)
                clock.lap("map")
            if for_score is not None:
                opinion = self._opinion(self._score.backend.infer(for_score))
                clock.lap("score")
        seen = looking.result()
        clock.lap("cues")
        if degraded is not None and opinion is not None:
            score = weighed(opinion, degraded, seen.cells, self._profile.score.by_map)
        return Glance(
            disc=disc,
            box=framed.box,
            cells=seen.cells,
            cues=seen.cues,
            severities=cue_severities(seen.cues, self._profile.causes),
            signature=signature_of(framed.map_input, CELLS),
            map=degraded,
            retina=retina,
            opinion=opinion,
            score=score,
            elapsed_ms=clock.stages(),
        )

    def opinion(self, rgb: NDArray[np.uint8], seen: Glance) -> float:
        """The score network's word on a frame that was glanced at: for live guidance that does not wait for it.

        Args:
            rgb: the very frame, H x W x 3 uint8, RGB.
            seen: the glance at it.

        Returns:
            The mean opinion score, 0..100, high is good, before the map weighs in (see `weighed`).

        Raises:
            AssessorError: the assessor is closed.
            BackendError: the network failed.
        """
        how = self._score.manifest.preprocessing
        framed = network_input(rgb, seen.disc, how, self.framer)
        with self._serving():
            return self._opinion(self._score.backend.infer(framed))

    def _opinion(self, outputs: Mapping[str, NDArray[np.float32]]) -> float:
        """The score network's outputs on the reported scale, 0..100."""
        stated = output_that_means(self._score.manifest, "mean_opinion_score")
        return self._scale.report(float(outputs[stated.name].ravel()[0]))

    @contextmanager
    def _serving(self) -> Iterator[None]:
        # an engine serves one thread at a time
        with self._lock:
            if not self._open:
                raise AssessorError("this assessor is closed: open another")
            yield

    def close(self) -> None:
        """Give the networks back; closing twice is harmless."""
        with self._lock:
            self._open = False
            self._beside.close()
            self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _check_photograph(rgb: NDArray[np.uint8]) -> None:
    if not isinstance(rgb, np.ndarray):
        raise TypeError(f"a photograph is a NumPy array, got {type(rgb).__name__}: read files with read_photograph")
    if rgb.dtype != np.uint8:
        raise TypeError(
            f"a photograph is uint8, got {rgb.dtype}: bring it to 0..255 by the camera's own range, not by its maximum"
        )
    if rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"a photograph is H x W x 3 RGB, got {rgb.shape}: read files with read_photograph")
    if rgb.size == 0:
        raise ValueError(f"a photograph has at least one pixel, got {rgb.shape}")
