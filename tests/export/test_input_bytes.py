from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch
from torch import nn

from fundusgate.calibration.tensor_range import TensorRange
from fundusgate.export.onnx_export import to_onnx
from fundusgate.export.parity import check_inputs
from fundusgate.export.quantization.cpu import cpu_tensors, quantize_for_cpu
from fundusgate.export.quantization.input_bytes import folded, normalisation_before
from fundusgate.export.quantization.layers import weighted_layers
from fundusgate.export.quantization.tensorrt import quantize_for_tensorrt, tensorrt_tensors
from tests.export.networks import SIZE, tiny_spec
from tests.export.residual import run


class Padded(nn.Sequential):
    """A first convolution whose padding matters at every edge, and a head; 2 x 2 cells."""

    def __init__(self) -> None:
        torch.manual_seed(2)
        super().__init__(nn.Conv2d(3, 16, 9, stride=4, padding=4), nn.ReLU(), nn.AvgPool2d(4), nn.Conv2d(16, 1, 1))


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    return to_onnx(tiny_spec(), Padded().eval())


@pytest.mark.parametrize("middle", [0, 128])
def test_folded_weights_do_to_bytes_what_the_given_do_to_normalised_planes(model: onnx.ModelProto, middle: int) -> None:
    layer = weighted_layers(ir.from_proto(model).graph)[0]
    before = normalisation_before(layer)
    assert before is not None
    assert layer.weight is not None
    weight, bias = folded(layer.weight, None, before, middle)
    image = torch.from_numpy(check_inputs(SIZE)[2]).permute(2, 0, 1).unsqueeze(0).double()
    gain, offset = (torch.tensor(values).double().reshape(1, 3, 1, 1) for values in (before.gain, before.offset))
    wanted = nn.functional.conv2d(image * gain + offset, torch.tensor(layer.weight).double(), stride=4)
    found = nn.functional.conv2d(
        image - middle, torch.from_numpy(weight).double(), torch.from_numpy(bias).double(), stride=4
    )
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_the_bytes_go_in_as_they_are_and_the_padding_means_the_same(model: onnx.ModelProto) -> None:
    ranges = {name: TensorRange(-3, 3) for name in cpu_tensors(model)}
    quantized = quantize_for_cpu(model, ranges)
    kinds = [node.op_type for node in quantized.graph.node]
    assert not {"Cast", "Mul"} & set(kinds)
    assert kinds.count("Concat") == 2
    # A bright disc on black and a white picture differ most from the mean colour that the padding stands for.
    for image in check_inputs(SIZE):
        (wanted,), (found,) = run(model, image[np.newaxis]), run(quantized, image[np.newaxis])
        np.testing.assert_allclose(found, wanted, atol=5e-3)


def test_tensorrt_gets_whole_numbers_that_int8_holds(model: onnx.ModelProto) -> None:
    ranges = {name: TensorRange(-3, 3) for name in tensorrt_tensors(model)}
    quantized = quantize_for_tensorrt(model, ranges)
    # TensorRT takes a uint8 input into a cast and into nothing else.
    assert [node.op_type for node in quantized.graph.node if "image" in node.input] == ["Cast"]
    opened = onnx.ModelProto()
    opened.CopyFrom(quantized)
    opened.graph.output.append(onnx.helper.make_empty_tensor_value_info("image_centred"))
    opened.graph.output.append(onnx.helper.make_empty_tensor_value_info("image_centred_dequantized"))
    for image in check_inputs(SIZE):
        wanted, found = run(model, image[np.newaxis]), run(quantized, image[np.newaxis])
        np.testing.assert_allclose(found[0], wanted[0], atol=2e-2)
        _, before, after = run(opened, image[np.newaxis])
        np.testing.assert_array_equal(before, after)
        np.testing.assert_array_equal(before[0, :, 4:-4, 4:-4], image.transpose(2, 0, 1).astype(np.float32) - 128)


def test_another_start_is_left_as_it_is(model: onnx.ModelProto) -> None:
    other = onnx.ModelProto()
    other.CopyFrom(model)
    next(node for node in other.graph.node if node.op_type == "Transpose").attribute[0].ints[:] = [0, 3, 2, 1]
    assert normalisation_before(weighted_layers(ir.from_proto(other).graph)[0]) is None
    assert normalisation_before(weighted_layers(ir.from_proto(model).graph)[1]) is None
