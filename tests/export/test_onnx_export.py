from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.reference
import pytest
import torch

from fundusgate.export import parity
from fundusgate.export.onnx_export import OPSET, to_onnx
from fundusgate.export.parity import check_inputs, fp32_parity
from fundusgate.export.specs import SPECS, ExportError, spec_of
from fundusgate.models import build
from fundusgate.runtime.manifest import Framing, Role
from tests.export.networks import SIZE, TinyMap, tiny_spec

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def network() -> TinyMap:
    return TinyMap().eval()


def operators(model: onnx.ModelProto) -> set[str]:
    return {node.op_type for node in model.graph.node}


def test_the_graph_takes_bytes_and_gives_what_the_network_gives(network: TinyMap) -> None:
    # ONNX's own reference evaluator: neither PyTorch nor ONNX Runtime has a say in what the file means.
    evaluator = onnx.reference.ReferenceEvaluator(to_onnx(tiny_spec(), network))
    for image in check_inputs(SIZE):
        (found,) = evaluator.run(None, {"image": image[np.newaxis]})
        pixels = (image / 255 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
        with torch.no_grad():
            logits = network(torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1).unsqueeze(0))
        np.testing.assert_allclose(found, torch.sigmoid(logits).numpy(), atol=1e-5)


def test_batch_norm_is_folded_and_nothing_idle_is_left(network: TinyMap) -> None:
    model = to_onnx(tiny_spec(), network)
    assert operators(model) == {"Cast", "Transpose", "Mul", "Add", "Conv", "Relu", "Sigmoid"}
    assert [item.version for item in model.opset_import] == [OPSET]
    # TensorRT takes a uint8 input into a cast and into nothing else.
    assert [node.op_type for node in model.graph.node if "image" in node.input] == ["Cast"]


def test_the_network_itself_is_left_as_it_was(network: TinyMap) -> None:
    before = copy.deepcopy(network.state_dict())
    network.train()
    to_onnx(tiny_spec(), network)
    assert network.training
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_equal_weights_give_equal_bytes(network: TinyMap) -> None:
    first, second = (to_onnx(tiny_spec(), network).SerializeToString(deterministic=True) for _ in range(2))
    assert first == second


def test_every_intermediate_shape_is_known(network: TinyMap) -> None:
    model = to_onnx(tiny_spec(), network)
    known = {value.name for value in (*model.graph.value_info, *model.graph.output)}
    assert {name for node in model.graph.node for name in node.output} <= known


def test_an_output_of_another_shape_is_refused(network: TinyMap) -> None:
    with pytest.raises(ExportError, match="its specification says"):
        to_onnx(tiny_spec(cells=3), network)


def test_parity_is_measured_and_a_changed_graph_is_refused(network: TinyMap, tmp_path: Path) -> None:
    path = tmp_path / "tiny.onnx"
    onnx.save(to_onnx(tiny_spec(), network), path)
    figures = fp32_parity(tiny_spec(), network, path)
    assert figures.max_abs_difference["map"] < 1e-5
    with torch.no_grad():
        network.head.bias += 0.01
    with pytest.raises(ExportError, match="differs from the network"):
        fp32_parity(tiny_spec(), network, path)


@pytest.mark.parametrize("name", ["efiqa-cp-edge", "fthnet-s"])
def test_the_deployed_networks_keep_their_answers(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = build(name).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.02 * torch.randn_like(parameter)
    spec = spec_of(name)
    model = to_onnx(spec, network)
    onnx.save(model, tmp_path / "graph.onnx")
    assert max(fp32_parity(spec, network, tmp_path / "graph.onnx").max_abs_difference.values()) < 2e-5
    refused_before_tensorrt_8_6 = {"BatchNormalization", "Identity", "Constant", "Gather", "GatherND", "Shape", "Slice"}
    assert not operators(model) & refused_before_tensorrt_8_6


def test_a_vision_transformer_is_exported_without_shape_arithmetic(tmp_path: Path) -> None:
    from transformers import DINOv3ViTConfig, DINOv3ViTModel

    from fundusgate.models.dinov3 import SIZES, PhotographMap

    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    torch.manual_seed(0)
    network = PhotographMap(DINOv3ViTModel(DINOv3ViTConfig(**SIZES | small)), torch.nn.Conv2d(32, 1, 1)).eval()
    spec = replace(tiny_spec(cells=4), size=64)
    model = to_onnx(spec, network)
    onnx.save(model, tmp_path / "graph.onnx")
    assert fp32_parity(spec, network, tmp_path / "graph.onnx").max_abs_difference["map"] < 1e-5
    assert not operators(model) & {"Shape", "ConstantOfShape", "Where", "Expand", "Gather", "Identity", "Constant"}


def test_a_smaller_photograph_keeps_the_map_s_cells(tmp_path: Path) -> None:
    from transformers import DINOv3ViTConfig, DINOv3ViTModel

    from fundusgate.models.dinov3 import SIZES, PhotographMap

    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4}
    torch.manual_seed(0)
    head = torch.nn.Conv2d(32, 1, 4, stride=4)
    network = PhotographMap(DINOv3ViTModel(DINOv3ViTConfig(**SIZES | small)), head, grid=16).eval()
    for size in (256, 112):
        spec = replace(tiny_spec(cells=4), size=size)
        onnx.save(to_onnx(spec, network), tmp_path / "graph.onnx")
        assert fp32_parity(spec, network, tmp_path / "graph.onnx").max_abs_difference["map"] < 1e-5


def test_efiqa_cp_alone_takes_other_sizes() -> None:
    assert spec_of("efiqa-cp", 512).preprocessing(Framing.DISC).size == 512
    assert spec_of("efiqa-cp", 512).outputs == spec_of("efiqa-cp").outputs
    assert spec_of("fthnet-s", 384) is spec_of("fthnet-s")
    with pytest.raises(ExportError, match="takes 384 pixels and no other size"):
        spec_of("fthnet-s", 512)
    for size in (16, 208, 500, 1040):
        with pytest.raises(ExportError, match="224 to 1024 pixels in steps of 16"):
            spec_of("efiqa-cp", size)


def test_a_network_too_costly_for_every_picture_is_compared_on_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = TinyMap().eval()
    path = tmp_path / "graph.onnx"
    onnx.save(to_onnx(tiny_spec(), network), path)
    assert fp32_parity(tiny_spec(), network, path).images == 5
    monkeypatch.setattr(parity, "MOST_WORK", 1)
    assert fp32_parity(tiny_spec(), network, path).images == 1


def test_specifications_are_those_of_the_contract() -> None:
    assert list(SPECS) == ["efiqa-cp-edge", "fthnet-s", "fthnet-l", "efiqa-cp", "efiqa"]
    assert {spec.name for spec in SPECS.values() if spec.role is Role.SCORE} == {"fthnet-s", "fthnet-l"}
    frame = spec_of("fthnet-l").preprocessing(Framing.FRAME)
    assert (frame.resize, frame.crop, frame.size) == (512, 384, 384)
    with pytest.raises(ExportError, match="cannot be framed"):
        spec_of("efiqa-cp").preprocessing(Framing.FRAME)
    with pytest.raises(ExportError, match="no network 'fthnet'"):
        spec_of("fthnet")
