"""Networks to a bundle: build, export, compare, describe, publish."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import onnx

from fundusgate.export.bundle_writer import file_entry, replacing, write_manifest
from fundusgate.export.onnx_export import INPUT_NAME, to_onnx
from fundusgate.export.parity import fp32_parity
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

    from torch import nn

    from fundusgate.export.specs import ExportSpec
    from fundusgate.models.weights import WeightsCard

EXTERNAL_FROM_BYTES = 2**29
"""Weights beyond this lie in a file of their own: protobuf ends at 2 GiB."""


@dataclass(frozen=True)
class ExportRequest:
    """One network to export."""

    name: str
    checkpoint: Path
    backbone: Path | None = None
    """Folder of DINOv3's weights, for the networks that stand on it."""

    @classmethod
    def parse(cls, text: str, backbone: Path | None = None) -> ExportRequest:
        """Read `NAME` (the shipped weights) or `NAME=CHECKPOINT`.

        Args:
            text: What the user wrote.
            backbone: Folder of DINOv3's weights; networks without a backbone ignore it.

        Raises:
            ExportError: No such network, no such checkpoint, or a backbone is missing.
            WeightsError: No weights of that network are shipped.
        """
        name, equals, given = text.partition("=")
        spec = spec_of(name)
        checkpoint = Path(given).expanduser() if equals else shipped_weights(name)
        if not checkpoint.exists():
            raise ExportError(f"checkpoint {checkpoint} of {name} is not there")
        if spec.head is None:
            return cls(name, checkpoint)
        if backbone is None:
            raise ExportError(f"{name} stands on DINOv3 ViT-L/16: give the folder of its weights with --backbone")
        return cls(name, checkpoint, backbone)


def default_requests() -> list[ExportRequest]:
    """Every network whose weights are installed with the package.

    Raises:
        ExportError: None are.
    """
    requests = [ExportRequest(name, shipped_weights(name)) for name in shipped_names()]
    if not requests:
        raise ExportError("no weights are installed with this package: name a network with --model NAME=CHECKPOINT")
    return requests


def export_bundle(
    requests: Sequence[ExportRequest], out: Path, progress: Callable[[str], None] = lambda _step: None
) -> None:
    """Export networks in fp32 and publish them as one bundle.

    Args:
        requests: The networks, each name once; the first of a role is the one that the runtime runs.
        out: The bundle's folder; an older bundle there is replaced in one step.
        progress: Called with a sentence before every step; `STEPS` of them a network.

    Raises:
        ExportError: A network is named twice, a graph differs from its network, or `out` holds something else.
        ValueError: A checkpoint does not fit its network.
        OSError: A file cannot be read or written.
    """
    names = [request.name for request in requests]
    if len(set(names)) != len(names):
        raise ExportError(f"networks {', '.join(names)}: a bundle holds each name once; export the other into its own")
    with replacing(out) as folder:
        write_manifest(folder, [_export_one(request, folder, progress) for request in requests])


STEPS = 3
"""Calls of `progress` for each network."""


def _export_one(request: ExportRequest, folder: Path, progress: Callable[[str], None]) -> ModelManifest:
    spec = spec_of(request.name)
    progress(f"{spec.name}: reading weights")
    card = read_card(request.checkpoint, request.backbone)
    network = _network(spec, request)
    progress(f"{spec.name}: writing the graph")
    path = folder / f"{spec.name}.{Precision.FP32.value}.onnx"
    entry = save_graph(to_onnx(spec, network), path)
    progress(f"{spec.name}: comparing with the network")
    return describe(spec, network, card, entry, path)


def _network(spec: ExportSpec, request: ExportRequest) -> nn.Module:
    if spec.head is None:
        return build(spec.name, request.checkpoint).eval()
    from fundusgate.models.dinov3 import PhotographMap, read_backbone

    if request.backbone is None:
        raise ExportError(f"{spec.name} stands on DINOv3 ViT-L/16: name the folder of its weights")
    return PhotographMap(read_backbone(request.backbone), build(spec.head, request.checkpoint)).eval()


def save_graph(model: onnx.ModelProto, path: Path) -> GraphEntry:
    """Write a model, its weights beside it where they are many.

    Args:
        model: A checked model.
        path: The graph's file; the weights' file is `path` with `.data` appended.

    Returns:
        What the manifest says of it.
    """
    data = path.with_name(path.name + ".data")
    external = model.ByteSize() > EXTERNAL_FROM_BYTES
    if external:
        onnx.save_model(model, path, save_as_external_data=True, location=data.name)
    else:
        onnx.save_model(model, path)
    opset = next(item.version for item in model.opset_import if item.domain in ("", "ai.onnx"))
    files = (file_entry(data),) if external else ()
    return GraphEntry(**file_entry(path).model_dump(), opset=opset, external_data=files)


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
