"""Which networks of a bundle serve the gate, in which precision, and whether their graphs are what it states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.runtime.manifest import Framing, ModelManifest, Precision, Role
from fundusgate.runtime.outputs import AssessorError, output_that_means
from fundusgate.runtime.prepared import CELLS
from fundusgate.runtime.preprocessing import PREPROCESSING_VERSION
from fundusgate.runtime.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fundusgate.runtime.backends.base import Backend
    from fundusgate.runtime.bundle import Bundle

PRECISIONS: Mapping[str, tuple[Precision, ...]] = {
    # a bundle holds an INT8 graph only where that met the accuracy budget of its export: then the quicker one serves
    "auto": (Precision.INT8_CPU, Precision.FP32),
    "fp32": (Precision.FP32,),
    "int8": (Precision.INT8_CPU,),
}
"""What may be asked for, and the variants that serve it on a processor, the preferred first."""


@dataclass(frozen=True)
class NetworkIdentity:
    """Which network ran: what must be kept with a photograph that it judged.

    Attributes:
        name: the network's name.
        version: of its weights.
        sha256: of the file that ran: the graph, or the engine that was built from it on this machine.
    """

    name: str
    version: str
    sha256: str


def required(bundle: Bundle, role: Role) -> ModelManifest:
    """The network of a role, checked for what the gate needs of it.

    Raises:
        AssessorError: there is none, or it was made for something else.
    """
    found = bundle.first(role)
    if found is None:
        held = ", ".join(f"{model.name} ({model.role.value})" for model in bundle.manifest.models)
        raise AssessorError(f"{bundle.folder} holds no network for the {role.value}; it holds {held}: export both")
    how = found.preprocessing
    if how.version != PREPROCESSING_VERSION:
        raise AssessorError(
            f"{found.name} was made for pre-processing {how.version}, this program does {PREPROCESSING_VERSION}:"
            " export it again or install the version that it was made for"
        )
    if role is Role.MAP:
        shape = output_that_means(found, "degraded").shape
        if how.framing is not Framing.DISC or tuple(shape) != (1, 1, CELLS, CELLS) or how.size % CELLS:
            raise AssessorError(
                f"{found.name} gives a map of {list(shape)} on framing {how.framing.value!r} at {how.size} px;"
                f" the gate needs [1, 1, {CELLS}, {CELLS}] on framing 'disc' at a multiple of {CELLS} px"
            )
    else:
        output_that_means(found, "mean_opinion_score")
    return found


def common_precision(bundle: Bundle, manifests: tuple[ModelManifest, ...], asked: str) -> Precision:
    """The first precision that serves what was asked for and that every network has.

    Raises:
        AssessorError: there is none.
    """
    for precision in PRECISIONS[asked]:
        if all(precision in manifest.files for manifest in manifests):
            return precision
    held = "; ".join(f"{model.name}: {', '.join(kind.value for kind in model.files)}" for model in manifests)
    raise AssessorError(f"{bundle.folder} does not hold both networks as {asked!r} ({held}): export them so")


def check_signature(manifest: ModelManifest, backend: Backend) -> None:
    """Hold an open graph to its manifest.

    Raises:
        AssessorError: its input or outputs differ.
    """
    signature = backend.signature
    stated = {output.name: tuple(output.shape) for output in manifest.outputs}
    missing = {name: shape for name, shape in stated.items() if tuple(signature.outputs.get(name, ())) != shape}
    if signature.size != manifest.preprocessing.size or missing:
        raise AssessorError(
            f"the graph of {manifest.name} takes {signature.size} px and gives {dict(signature.outputs)}; its manifest"
            f" says {manifest.preprocessing.size} px and {stated}: export it again"
        )


def with_working_points(profile: Profile, manifests: Mapping[Role, ModelManifest]) -> Profile:
    """The shipped profile with the working points that the weights' own manifests state."""
    points = {name: value for manifest in manifests.values() for name, value in manifest.thresholds.items()}
    meanings = {output.name: output.meaning for manifest in manifests.values() for output in manifest.outputs}
    content = profile.model_dump()
    for name, value in points.items():
        if meanings[name] == "degraded":
            content["map"]["cell"] = value
        elif meanings[name] == "retina":
            content["retina"]["network"] = value
        else:
            # the point moves, the width of the band that carries a note stays
            width = profile.score.accept - profile.score.retake
            content["score"] |= {"retake": value, "accept": min(100.0, value + width)}
    return Profile.model_validate(content)
