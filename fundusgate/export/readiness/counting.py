"""The table of `networks` made: each network's own graph, exported with random weights and counted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import onnx_ir as ir

from fundusgate.export.onnx_export import to_onnx
from fundusgate.export.quantization.rules import TENSORRT_RULES, plan_quantization
from fundusgate.export.readiness.estimate import work_of
from fundusgate.export.readiness.graph import GraphView
from fundusgate.export.readiness.networks import CountedNetwork, tally
from fundusgate.export.specs import spec_of
from fundusgate.models import build

if TYPE_CHECKING:
    from torch import nn

    from fundusgate.export.specs import ExportSpec

NETWORKS = ("efiqa-cp-edge", "fthnet-s", "fthnet-l", "efiqa", "efiqa-cp@224", "efiqa-cp@512", "efiqa-cp@1024")
LAYERS = 24
"""Of a ViT-L."""


def count(name: str) -> CountedNetwork:
    """Count one of `NETWORKS`.

    The 24 layers of a ViT-L are alike: graphs with one and with two are written, and what one layer adds is counted 24
    times. The whole graph takes 11 GB to write.
    """
    plain, _, size = name.partition("@")
    spec = spec_of(plain, int(size) if size else None)
    if spec.head is None:
        return _counted(spec, build(plain))
    one, two = (_counted(spec, _on_backbone(spec, layers)) for layers in (1, 2))
    more = LAYERS - 1
    added = Counter(two.nodes)
    added.subtract(one.nodes)
    if min(added.values()) < 0:
        raise AssertionError(f"{name}: a layer more takes nodes away, so that its layers are not alike")
    nodes = {node: one.nodes.get(node, 0) + more * times for node, times in added.items()}
    return CountedNetwork(
        parameters=one.parameters + more * (two.parameters - one.parameters),
        outside=one.outside,
        alive=two.alive,
        nodes=nodes,
    )


def _counted(spec: ExportSpec, network: nn.Module) -> CountedNetwork:
    model = to_onnx(spec, network.eval())
    plan = plan_quantization(ir.from_proto(model).graph, TENSORRT_RULES)
    work = work_of(GraphView(model), in_int8=plan.quantized)
    # the rounding before each INT8 product is added where the table is read
    nodes = [node for node in work.nodes if node.multiplications or not node.int8]
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return CountedNetwork(parameters, work.outside, work.alive, tally(nodes))


def _on_backbone(spec: ExportSpec, layers: int) -> nn.Module:
    from transformers import DINOv3ViTConfig, DINOv3ViTModel

    from fundusgate.models.dinov3 import SIZES, PhotographMap

    assert spec.head is not None
    backbone = DINOv3ViTModel(DINOv3ViTConfig(**{**SIZES, "num_hidden_layers": layers}))
    return PhotographMap(backbone, build(spec.head), spec.grid)
