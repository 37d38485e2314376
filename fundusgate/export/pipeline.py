"""Networks to a bundle: build, export, compare, describe, publish."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fundusgate.export.bundle_writer import replacing, write_manifest
from fundusgate.export.compact import compact
from fundusgate.export.onnx_export import INPUT_NAME, to_onnx
from fundusgate.export.parity import fp32_parity
from fundusgate.export.saving import save_graph
from fundusgate.export.specs import ExportError, spec_of
from fundusgate.models import build
from fundusgate.models.weights import read_card, shipped_names, shipped_weights
from fundusgate.runtime.manifest import (
    Framing,
    GraphEntry,
    InputSpec,
    ModelManifest,
    Precision,
    Provenance,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import onnx
    from torch import nn

    from fundusgate.export.quantization.targets import Form
    from fundusgate.export.quantize import Quantization
    from fundusgate.export.specs import ExportSpec
    from fundusgate.models.weights import WeightsCard


@dataclass(frozen=True)
class ExportRequest:
    """One network to export."""

    name: str
    checkpoint: Path
    backbone: Path | None = None
    """Folder of DINOv3's weights, for the networks that stand on it."""
    size: int | None = None
    """Side of the input, pixels; the network's usual one unless given."""

    @classmethod
    def parse(cls, text: str, backbone: Path | None = None) -> ExportRequest:
        """Read `NAME[@SIZE][=CHECKPOINT]`; without a checkpoint the shipped weights are meant.

        Args:
            text: What the user wrote.
            backbone: Folder of DINOv3's weights; networks without a backbone ignore it.

        Raises:
            ExportError: No such network, it does not take that size, no such checkpoint, or a backbone is missing.
            WeightsError: No weights of that network are shipped.
        """
        wanted, equals, given = text.partition("=")
        name, at, side = wanted.partition("@")
        if at and not side.isdecimal():
            raise ExportError(f"{wanted}: after @ comes the side of the input in pixels, such as {name}@512")
        size = int(side) if at else None
        spec = spec_of(name, size)
        checkpoint = Path(given).expanduser() if equals else shipped_weights(name)
        if not checkpoint.exists():
            raise ExportError(f"checkpoint {checkpoint} of {name} is not there")
        if spec.head is None:
            return cls(name, checkpoint, size=size)
        if backbone is None:
            raise ExportError(f"{name} stands on DINOv3 ViT-L/16: give the folder of its weights with --backbone")
        return cls(name, checkpoint, backbone, size)


def default_requests() -> list[ExportRequest]:
    """Every network whose weights are installed with the package.

    Raises:
        ExportError: None are.
    """
    requests = [ExportRequest(name, shipped_weights(name)) for name in shipped_names()]
    if not requests:
        raise ExportError("no weights are installed with this package: name a network with --model NAME=CHECKPOINT")
    return requests


@dataclass(frozen=True, eq=False)
class Exported:
    """One network written in fp32."""

    manifest: ModelManifest
    model: onnx.ModelProto


def export_bundle(
    requests: Sequence[ExportRequest],
    out: Path,
    quantization: Quantization | None = None,
    tell: Callable[[str], None] = lambda _step: None,
    form: Form = compact,
) -> None:
    """Export networks and publish them as one bundle.

    Args:
        requests: The networks, each name once; the first of a role is the one that the runtime runs.
        out: The bundle's folder; an older bundle there is replaced in one step.
        quantization: How to make the other precisions; None for fp32 alone.
        tell: Called with a sentence before every step.
        form: Last step of the fp32 graph, as `quantization.targets.form_for` gives it.

    Raises:
        ExportError: A network is named twice, a graph differs from its network, `out` holds something else, or a
            precision costs more than the budget allows.
        ValueError: A checkpoint does not fit its network, or a photograph is gone.
        BackendError: A graph gives values that are not finite.
        OSError: A file cannot be read or written.
    """
    names = [request.name for request in requests]
    if len(set(names)) != len(names):
        raise ExportError(f"networks {', '.join(names)}: a bundle holds each name once; export the other into its own")
    if quantization is not None:
        quantization.check()
    with replacing(out) as folder:
        exported = [_export_one(request, folder, tell, form) for request in requests]
        manifests = [item.manifest for item in exported]
        if quantization is not None:
            manifests = quantization.add_to(folder, exported, tell)
        write_manifest(folder, manifests)


def _export_one(request: ExportRequest, folder: Path, tell: Callable[[str], None], form: Form) -> Exported:
    spec = spec_of(request.name, request.size)
    tell(f"{spec.name}: reading weights")
    card = read_card(request.checkpoint, request.backbone)
    network = _network(spec, request)
    tell(f"{spec.name}: writing the graph")
    model = to_onnx(spec, network)
    path = folder / f"{spec.name}.{Precision.FP32.value}.onnx"
    entry = save_graph(form(model), path)
    tell(f"{spec.name}: comparing with the network")
    return Exported(describe(spec, network, card, entry, path), model)


def _network(spec: ExportSpec, request: ExportRequest) -> nn.Module:
    if spec.head is None:
        return build(spec.name, request.checkpoint).eval()
    from fundusgate.models.dinov3 import PhotographMap, read_backbone

    if request.backbone is None:
        raise ExportError(f"{spec.name} stands on DINOv3 ViT-L/16: name the folder of its weights")
    return PhotographMap(read_backbone(request.backbone), build(spec.head, request.checkpoint), spec.grid).eval()


def describe(spec: ExportSpec, network: nn.Module, card: WeightsCard, entry: GraphEntry, path: Path) -> ModelManifest:
    """The manifest's words on one network, its parity measured.

    Raises:
        ExportError: The graph differs from the network, or the weights state a framing that does not exist.
    """
    stated = card.framing or spec.published_framing.value
    if stated not in {framing.value for framing in Framing}:
        raise ExportError(f"{card.checkpoint} says framing {stated!r}; it must be disc or frame")
    frame = spec.preprocessing(Framing(stated))
    if card.preprocessing not in (None, frame.version):
        raise ExportError(
            f"{card.checkpoint} was trained behind pre-processing {card.preprocessing}, this program does"
            f" {frame.version}: train it again or export it with the version that it was trained with"
        )
    return ModelManifest(
        name=spec.name,
        role=spec.role,
        version=card.version,
        files={Precision.FP32: entry},
        input=InputSpec(name=INPUT_NAME, shape=(1, spec.size, spec.size, 3)),
        preprocessing=frame,
        outputs=spec.outputs,
        thresholds=dict(card.thresholds),
        provenance=Provenance(
            checkpoint=card.checkpoint,
            checkpoint_sha256=card.sha256,
            backbone_sha256=card.backbone_sha256,
            data=card.data,
            licence=card.licence,
            terms=card.terms,
        ),
        parity={Precision.FP32: fp32_parity(spec, network, path)},
    )
