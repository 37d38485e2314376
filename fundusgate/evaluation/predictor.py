"""A bundle's networks in one precision, run as the camera runs them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fundusgate
from fundusgate.evaluation.prediction import Prediction
from fundusgate.runtime.assessor import Assessor
from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.bundle import Bundle, file_sha256, shipped_bundle
from fundusgate.runtime.manifest import Framing, Precision, Role
from fundusgate.runtime.verdict import judge

if TYPE_CHECKING:
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Self

    from fundusgate.runtime.manifest import Preprocessing
    from fundusgate.runtime.profile import Profile


class Predictor:
    """Judges photographs with one bundle in one precision; use it as a context manager.

    The pre-processing is the runtime's own and the manifest's: what the camera does is what is measured.

    Args:
        bundle: Folder of the bundle; None for the shipped one.
        precision: "fp32" or "int8".
        threads: Threads for one network; None for all processors.
        profile: Thresholds; None for the shipped ones with the bundle's working points.

    Raises:
        AssessorError: The bundle lacks a network or the precision.
        BundleError: The bundle is not whole.
        BackendError: A graph cannot be opened.
    """

    def __init__(
        self,
        bundle: Path | None,
        precision: str,
        threads: int | None = None,
        profile: Profile | None = None,
    ) -> None:
        self.precision = precision
        self._assessor = Assessor.open(bundle, precision=precision, threads=threads, profile=profile)
        self.bundle_sha256 = self._assessor.bundle_sha256
        self.networks = self._assessor.networks
        said = hashlib.sha256(self._assessor.profile.model_dump_json().encode()).hexdigest()
        self.identity = f"{self.bundle_sha256}:{self._assessor.precision}:{said}:{program_sha256()}"

    @property
    def profile(self) -> Profile:
        """The thresholds in use."""
        return self._assessor.profile

    def predict(self, rgb: NDArray[np.uint8]) -> Prediction:
        """Judge one photograph.

        Args:
            rgb: H x W x 3 uint8, RGB.

        Raises:
            BackendError: A network failed on it.
        """
        seen = self._assessor.glance(rgb, want_map=True, want_score=True)
        if seen.map is None or seen.opinion is None or seen.score is None:
            raise BackendError("the bundle's networks gave no map or no score, though both were asked for")
        judged = judge(seen.score, seen.map, seen.cells, seen.retina, seen.cues, self.profile)
        return Prediction(
            opinion=seen.opinion,
            score=seen.score,
            verdict=judged.verdict,
            map=seen.map,
            cells=seen.cells,
            box=seen.box,
            size=(rgb.shape[0], rgb.shape[1]),
        )

    def close(self) -> None:
        """Give the networks back."""
        self._assessor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def program_sha256() -> str:
    """SHA-256 of everything but bundle and thresholds that a prediction depends on: this program and ONNX Runtime.

    The sources themselves are taken, not the version, because both may change while the version stays.
    """
    import onnxruntime

    package = Path(fundusgate.__file__).parent
    digest = hashlib.sha256(onnxruntime.__version__.encode())
    sources = [*(package / "runtime").rglob("*.py"), package / "device" / "photograph.py", Path(__file__)]
    for path in sorted(sources):
        digest.update(f"{path.name}:{file_sha256(path)};".encode())
    return digest.hexdigest()


def held_precisions(bundle: Path | None) -> tuple[str, ...]:
    """The precisions in which a bundle holds both of its networks: "fp32", and "int8" where it is there.

    Raises:
        BundleError: The bundle is not whole.
    """
    opened = Bundle.open(bundle or shipped_bundle())
    firsts = [opened.first(role) for role in (Role.MAP, Role.SCORE)]
    quantized = all(network is not None and Precision.INT8_CPU in network.files for network in firsts)
    return ("fp32", "int8") if quantized else ("fp32",)


def framings(bundle: Path | None) -> dict[str, str]:
    """How each network that runs sees a photograph, in words, by the network's name.

    Raises:
        BundleError: The bundle is not whole.
    """
    opened = Bundle.open(bundle or shipped_bundle())
    firsts = [opened.first(role) for role in (Role.MAP, Role.SCORE)]
    return {network.name: _in_words(network.preprocessing) for network in firsts if network is not None}


def _in_words(how: Preprocessing) -> str:
    if how.framing is Framing.FRAME:
        return (
            f"the whole photograph resized to {how.resize} x {how.resize}, its aspect ignored, and the centre"
            f" {how.crop} x {how.crop} (the published test averages 20 random crops and flips)"
        )
    return f"the square about the disc at {how.size} x {how.size}, black outside the disc"


def thresholds(profile: Profile) -> dict[str, Any]:
    """The working points that turn scores and maps into grades and regions."""
    return {"score": profile.score.model_dump(), "map": profile.map.model_dump()}
