from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from fundusgate.export.parity import check_inputs
from fundusgate.export.quantization import cpu
from fundusgate.export.quantization.attention import OPSET
from fundusgate.export.quantization.cpu import cpu_tensors, quantize_for_cpu
from tests.export.residual import run, seen_ranges
from tests.export.test_integer_products import exported
from tests.export.windows import SIZE, windows_graph

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from fundusgate.calibration.tensor_range import TensorRange

QKV = ("/net/blocks.0/attn/qkv/MatMul", "/net/blocks.1/attn/qkv/MatMul")
PROJ = ("/net/blocks.0/attn/proj/MatMul", "/net/blocks.1/attn/proj/MatMul")


@pytest.fixture(scope="module")
def graph() -> onnx.ModelProto:
    return windows_graph()


@pytest.fixture(scope="module")
def images() -> list[NDArray[np.uint8]]:
    """Those of the usual pictures on which tokens differ from each other."""
    return [image[np.newaxis] for image in check_inputs(SIZE)[2:]]


@pytest.fixture(scope="module")
def ranges(graph: onnx.ModelProto, images: list[NDArray[np.uint8]]) -> Mapping[str, TensorRange]:
    return seen_ranges(graph, cpu_tensors(graph), images)


def kinds(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize("keep_float", [(), PROJ[:1], PROJ, QKV[1:]], ids=["none", "one proj", "proj", "one qkv"])
def test_fused_attention_gives_what_the_same_integers_give_unfused(
    graph: onnx.ModelProto,
    ranges: Mapping[str, TensorRange],
    images: list[NDArray[np.uint8]],
    keep_float: Collection[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fused = quantize_for_cpu(graph, ranges, keep_float=keep_float)
    monkeypatch.setattr(cpu, "fuse_window_attention", lambda _editor: 0)
    unfused = quantize_for_cpu(graph, ranges, keep_float=keep_float)
    assert "Attention" not in kinds(unfused)
    assert kinds(fused).count("Attention") == (1 if keep_float == QKV[1:] else 2)
    for image in images:
        (wanted,), (found,), (exact,) = run(unfused, image), run(fused, image), run(graph, image)
        # Sums in another order may move a value that lies between two codes.
        apart = np.abs(found - wanted)
        assert np.median(apart) < 1e-5
        assert apart.max() < 0.02 * np.ptp(exact)
        assert 0 < np.abs(found - exact).max() < 0.2 * np.ptp(exact)


def test_nothing_is_split_rolled_or_transposed_any_more(
    graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]
) -> None:
    before, after = kinds(graph), kinds(quantize_for_cpu(graph, ranges))
    assert {"Split", "Concat", "Softmax"} <= set(before)
    assert not {"Split", "Concat", "Softmax", "MatMul"} & set(after[after.index("LayerNormalization") : -4])
    # Into windows and out of them, once a block.
    assert after.count("Gather") == 4
    assert after.count("MatMulIntegerToFloat") == 2 * (3 + 1 + 2)


def test_rows_are_moved_as_codes(graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]) -> None:
    fused = quantize_for_cpu(graph, ranges)
    made_by = {name: node for node in fused.graph.node for name in node.output}
    for node in fused.graph.node:
        if node.op_type == "Gather":
            moved = made_by[node.input[0]]
            source = made_by[moved.input[0]] if moved.op_type == "Reshape" else moved
            assert source.op_type == "QuantizeLinear"


def test_only_a_graph_with_attention_states_its_opset(
    graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]
) -> None:
    fused = quantize_for_cpu(graph, ranges)
    assert {item.domain: item.version for item in fused.opset_import}[""] == OPSET
    # ONNX Runtime 1.23 has Attention, but no QuantizeLinear of its opset.
    assert {node.domain for node in fused.graph.node if node.op_type == "QuantizeLinear"} == {"com.microsoft"}
    plain = quantize_for_cpu(graph, ranges, keep_float=QKV)
    assert {item.domain: item.version for item in plain.opset_import}[""] == 17
    assert {node.domain for node in plain.graph.node if node.op_type == "QuantizeLinear"} == {""}


def test_an_attention_that_others_read_too_is_left_alone(
    graph: onnx.ModelProto, ranges: Mapping[str, TensorRange], images: list[NDArray[np.uint8]]
) -> None:
    """What fits in all but one point: the scores themselves are an output."""
    opened = onnx.ModelProto()
    opened.CopyFrom(graph)
    softmax = next(node for node in opened.graph.node if node.op_type == "Softmax")
    held = next(value for value in opened.graph.value_info if value.name == softmax.output[0])
    opened.graph.output.append(held)
    fused = quantize_for_cpu(opened, ranges)
    assert kinds(fused).count("Attention") == 1
    wanted, found = run(opened, images[0]), run(fused, images[0])
    np.testing.assert_allclose(found[1], wanted[1], atol=0.05)


def test_a_graph_that_a_newer_opset_writes_otherwise_keeps_its_own(images: list[NDArray[np.uint8]]) -> None:
    apart = windows_graph(opset=16)
    assert "ReduceMean" in kinds(apart)
    quantized = quantize_for_cpu(apart, seen_ranges(apart, cpu_tensors(apart), images))
    assert {item.domain: item.version for item in quantized.opset_import}[""] == 16
    assert "Attention" not in kinds(quantized)
    (wanted,), (found,) = run(apart, images[0]), run(quantized, images[0])
    assert 0 < np.abs(found - wanted).max() < 0.2 * np.ptp(wanted)


class OneHead(nn.Module):
    """Attention over all tokens with a bias, without windows; its result may be joined with its input."""

    def __init__(self, bias: tuple[int, ...], joins: bool) -> None:
        super().__init__()
        torch.manual_seed(9)
        self.joins = joins
        self.qkv = nn.Linear(32, 96)
        self.proj = nn.Linear(64 if joins else 32, 32)
        self.bias = nn.Parameter(torch.randn(bias))

    def forward(self, image: Tensor) -> Tensor:
        x = image.to(torch.float32) / 51 - 2
        query, key, value = self.qkv(x).split(32, dim=-1)
        mixed = (query @ key.transpose(-2, -1) + self.bias).softmax(-1) @ value
        out: Tensor = self.proj(torch.cat((mixed, x), dim=-1) if self.joins else mixed)
        return out @ torch.ones(32, 16)


@pytest.mark.parametrize(
    ("bias", "joins", "fused"), [((1, 64, 64), False, 1), ((1, 64, 64), True, 0), ((64, 64), False, 0)]
)
def test_what_is_not_quite_window_attention_is_left_as_it_is(bias: tuple[int, ...], joins: bool, fused: int) -> None:
    model = exported(OneHead(bias, joins), channels=32, height=1, width=64)
    image = np.random.default_rng(2).integers(0, 256, (1, 1, 64, 32), dtype=np.uint8)
    quantized = quantize_for_cpu(model, seen_ranges(model, cpu_tensors(model), [image]))
    assert kinds(quantized).count("Attention") == fused
    assert kinds(quantized).count("Softmax") == 1 - fused
    assert kinds(quantized).count("MatMulIntegerToFloat") == (4 if fused else 2)
    (wanted,), (found,) = run(model, image), run(quantized, image)
    assert 0 < np.abs(found - wanted).max() < 0.1 * np.ptp(wanted)
