"""How each network is deployed: its input, its outputs and what they mean."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fundusgate.runtime.manifest import Framing, OutputSpec, Preprocessing, Role
from fundusgate.runtime.preprocessing import PREPROCESSING_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

FTHNET_RESIZE = 512
"""Side that official FTHNet resizes the whole frame to before its 384-pixel crop (its test transform)."""


PATCH = 16
"""Side of a DINOv3 patch, pixels."""
SMALLEST = 224
"""Side of the smallest photograph that a network on DINOv3 is given: EFIQA's, and DINOv3's in training."""


class ExportError(ValueError):
    """An export that must not go on; the message says why and what to do."""


@dataclass(frozen=True)
class ExportSpec:
    """What must be known of a network to deploy it, beside its weights."""

    name: str
    role: Role
    size: int
    """Side of the square input, pixels."""
    outputs: tuple[OutputSpec, ...]
    """In the order in which `forward` returns them."""
    forward: Callable[[nn.Module, Tensor], tuple[Tensor, ...]]
    """The network, B x 3 x S x S normalised float32 -> the outputs as the manifest states them."""
    published_framing: Framing = Framing.DISC
    """What the published checkpoint was trained to see."""
    head: str | None = None
    """Name in `fundusgate.models` of the part that the checkpoint holds, where a DINOv3 backbone stands before it."""
    grid: int | None = None
    """Side of the grid of patches that the head was trained on. Where it is stated, the photograph may be smaller than
    `size`: its features are stretched to this grid, and the map keeps its cells."""

    def at(self, size: int) -> ExportSpec:
        """The same network on a smaller photograph.

        The published weights have seen `size` pixels alone: what a smaller photograph costs is for the user to measure.

        Args:
            size: Side of the square input, pixels.

        Raises:
            ExportError: The network takes no other size, or not this one.
        """
        if size == self.size:
            return self
        if self.grid is None:
            raise ExportError(f"{self.name} takes {self.size} pixels and no other size: leave out @{size}")
        if size % PATCH or not SMALLEST <= size < self.size:
            raise ExportError(
                f"{self.name} takes {SMALLEST} to {self.size} pixels in steps of {PATCH}, such as 224, 512 or"
                f" {self.size}; not {size}"
            )
        return replace(self, size=size)

    def preprocessing(self, framing: Framing) -> Preprocessing:
        """The pre-processing of weights that were trained with `framing`.

        Raises:
            ExportError: The whole-frame crop belongs to FTHNet alone.
        """
        if framing is Framing.DISC:
            return Preprocessing(version=PREPROCESSING_VERSION, framing=framing, size=self.size)
        if self.role is not Role.SCORE:
            raise ExportError(f"{self.name} maps the framed disc; its weights cannot be framed {framing.value!r}")
        return Preprocessing(
            version=PREPROCESSING_VERSION, framing=framing, size=self.size, resize=FTHNET_RESIZE, crop=self.size
        )


def spec_of(name: str, size: int | None = None) -> ExportSpec:
    """The deployment of one of `fundusgate.models`' networks.

    Args:
        name: The network's name.
        size: Side of its input, pixels; its usual one unless given.

    Raises:
        ExportError: No network of that name is deployed, or it does not take that size.
    """
    if name not in SPECS:
        raise ExportError(f"no network {name!r} can be exported; there are {', '.join(SPECS)}")
    return SPECS[name] if size is None else SPECS[name].at(size)


def _score(network: nn.Module, x: Tensor) -> tuple[Tensor, ...]:
    return (network(x),)


def _map(network: nn.Module, x: Tensor) -> tuple[Tensor, ...]:
    return (network(x).sigmoid(),)


def _map_and_retina(network: nn.Module, x: Tensor) -> tuple[Tensor, ...]:
    logits = network.outputs(x)  # type: ignore[operator]
    return (logits.map_logits.sigmoid(), logits.retina_logit.sigmoid())


def _score_output() -> OutputSpec:
    return OutputSpec(name="score", shape=(1,), meaning="mean_opinion_score", polarity="high_is_good", scale=100.0)


def _map_output(cells: int) -> OutputSpec:
    return OutputSpec(name="map", shape=(1, 1, cells, cells), meaning="degraded", polarity="high_is_bad", scale=1.0)


def _retina_output() -> OutputSpec:
    return OutputSpec(name="retina", shape=(1, 1), meaning="retina", polarity="high_is_good", scale=1.0)


def _fthnet(name: str) -> ExportSpec:
    return ExportSpec(
        name=name,
        role=Role.SCORE,
        size=384,
        outputs=(_score_output(),),
        forward=_score,
        published_framing=Framing.FRAME,
    )


def _on_backbone(name: str, head: str, size: int, cells: int, grid: int | None = None) -> ExportSpec:
    outputs = (_map_output(cells),)
    return ExportSpec(name=name, role=Role.MAP, size=size, outputs=outputs, forward=_map, head=head, grid=grid)


SPECS: dict[str, ExportSpec] = {
    spec.name: spec
    for spec in (
        ExportSpec(
            name="efiqa-cp-edge",
            role=Role.MAP,
            size=512,
            outputs=(_map_output(16), _retina_output()),
            forward=_map_and_retina,
        ),
        _fthnet("fthnet-s"),
        _fthnet("fthnet-l"),
        _on_backbone("efiqa-cp", head="efiqa-cp-context", size=1024, cells=16, grid=64),
        _on_backbone("efiqa", head="efiqa", size=224, cells=14),
    )
}
"""Every network that can be deployed, by name."""
