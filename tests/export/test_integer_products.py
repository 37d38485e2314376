from __future__ import annotations

import io
import warnings

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch
from torch import Tensor, nn

from fundusgate.calibration.tensor_range import TensorRange
from fundusgate.export.onnx_export import to_onnx
from fundusgate.export.parity import check_inputs
from fundusgate.export.quantization.cpu import cpu_tensors, quantize_for_cpu
from fundusgate.export.quantization.layers import weighted_layers
from fundusgate.export.quantization.rules import COMMON, CPU_RULES, FEW_PRODUCTS, plan_quantization
from fundusgate.export.simplify import simplify
from tests.export.networks import SIZE, tiny_spec
from tests.export.residual import run


class Convolution(nn.Module):
    """GELU, one convolution and GELU; pixels stand on codes of the GELU's range but for rounding."""

    def __init__(self, **said: int | tuple[int, int]) -> None:
        super().__init__()
        torch.manual_seed(6)
        self.convolution = nn.Conv2d(16, 24, **said)  # type: ignore[arg-type]

    def forward(self, image: Tensor) -> Tensor:
        x = nn.functional.gelu(image.to(torch.float32).permute(0, 3, 1, 2) / 51 - 2)
        return nn.functional.gelu(self.convolution(x))


def exported(network: nn.Module, channels: int = 16, height: int = 12, width: int = 8) -> onnx.ModelProto:
    stream = io.BytesIO()
    image = torch.zeros((1, height, width, channels), dtype=torch.uint8)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            (image,),
            stream,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=17,
            input_names=["image"],
            output_names=["out"],
        )
    return simplify(onnx.load_from_string(stream.getvalue()))


SHAPES: list[dict[str, int | tuple[int, int]]] = [
    {"kernel_size": 1},
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": (3, 5), "padding": (1, 2), "stride": (2, 1)},
    {"kernel_size": 3},
    {"kernel_size": 4, "stride": 4},
    {"kernel_size": (2, 4), "stride": (2, 4)},
    {"kernel_size": 1, "stride": 2},
]


@pytest.mark.parametrize("said", SHAPES, ids=str)
def test_a_product_of_patches_is_the_convolution(said: dict[str, int | tuple[int, int]]) -> None:
    model = exported(Convolution(**said))
    # Everything is quantized that has weights: no rule but that of the head, which there is none of.
    ranges = {name: TensorRange(-0.17, 3.1) for name in cpu_tensors_without_rules(model)}
    quantized = quantize_for_cpu(model, ranges, rules=())
    kinds = [node.op_type for node in quantized.graph.node]
    assert kinds.count("MatMulIntegerToFloat") == 1
    assert "Conv" not in kinds
    image = np.random.default_rng(1).integers(0, 256, (1, 12, 8, 16), dtype=np.uint8)
    (wanted,), (found,) = run(model, image), run(quantized, image)
    assert found.shape == wanted.shape
    assert 0 < np.abs(found - wanted).max() < 0.03 * np.ptp(wanted)


def cpu_tensors_without_rules(model: onnx.ModelProto) -> list[str]:
    return [
        str(layer.node.inputs[0].name) for layer in weighted_layers(ir.from_proto(model).graph) if layer.node.inputs[0]
    ]


def test_the_border_is_zero_whatever_code_that_is() -> None:
    """A convolution of ones over a map of one value: at edges and corners fewer of it are summed."""
    network = Convolution(kernel_size=3, padding=1)
    nn.init.ones_(network.convolution.weight)
    network.convolution.bias = None
    model = exported(network)
    ranges = {name: TensorRange(-0.17, 3.1) for name in cpu_tensors_without_rules(model)}
    quantized = quantize_for_cpu(model, ranges, rules=())
    image = np.full((1, 12, 8, 16), 255, np.uint8)
    (found,) = run(quantized, image)
    middle, edge, corner = found[0, 0, 5, 4], found[0, 0, 0, 4], found[0, 0, 0, 0]
    np.testing.assert_allclose([edge / middle, corner / middle], [6 / 9, 4 / 9], rtol=1e-3)
    np.testing.assert_allclose(middle, 9 * 16 * 3, rtol=1e-2)


def test_patches_of_the_photograph_are_its_bytes() -> None:
    model = to_onnx(tiny_spec(), nn.Sequential(nn.Conv2d(3, 16, 4, stride=4), nn.GELU(), nn.Conv2d(16, 1, 4, stride=4)))
    quantized = quantize_for_cpu(model, {name: TensorRange(-3, 3) for name in cpu_tensors_without_rules(model)}, COMMON)
    kinds = [node.op_type for node in quantized.graph.node]
    assert not {"Cast", "Mul", "QuantizeLinear"} & set(kinds[: kinds.index("MatMulIntegerToFloat")])
    for image in check_inputs(SIZE):
        (wanted,), (found,) = run(model, image[np.newaxis]), run(quantized, image[np.newaxis])
        np.testing.assert_allclose(found, wanted, atol=5e-3)


def test_layers_that_follow_each_other_with_nothing_between() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(8)
            self.first, self.second = nn.Linear(16, 32), nn.Linear(32, 16)

        def forward(self, image: Tensor) -> Tensor:
            return self.second(self.first(image.to(torch.float32) / 51 - 2)).softmax(-1)  # type: ignore[no-any-return]

    model = exported(Twice())
    names = cpu_tensors_without_rules(model)
    quantized = quantize_for_cpu(model, {name: TensorRange(-4, 4) for name in names}, rules=())
    assert [node.op_type for node in quantized.graph.node].count("MatMulIntegerToFloat") == 2
    image = np.random.default_rng(1).integers(0, 256, (1, 12, 8, 16), dtype=np.uint8)
    (wanted,), (found,) = run(model, image), run(quantized, image)
    np.testing.assert_allclose(found, wanted, atol=0.01)


@pytest.mark.parametrize(
    ("said", "side", "reason"),
    [
        ({"kernel_size": 3}, 12, "few products, result in float"),
        ({"kernel_size": 3, "groups": 2}, 12, "grouped, result in float"),
        ({"kernel_size": 3, "dilation": 2}, 12, "grouped, result in float"),
        ({"kernel_size": 3}, 80, None),
    ],
)
def test_which_convolutions_without_relu_become_products(
    said: dict[str, int | tuple[int, int]], side: int, reason: str | None
) -> None:
    class Two(Convolution):
        def forward(self, image: Tensor) -> Tensor:
            # A layer after it, so that the head's rule does not speak of it.
            return super().forward(image).mean((2, 3)) @ torch.ones(24, 16)

    model = exported(Two(**said), height=side, width=side)
    graph = ir.from_proto(model).graph
    layer = next(item for item in weighted_layers(graph) if item.kind == "Conv")
    assert plan_quantization(graph, CPU_RULES).in_float.get(layer.name) == reason
    if reason is None:
        assert layer.products == 24 * 16 * 9 * (side - 2) ** 2 >= FEW_PRODUCTS
        assert layer.node.inputs[0] is not None
        assert str(layer.node.inputs[0].name) in cpu_tensors(model)
