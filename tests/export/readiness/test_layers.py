# ruff: noqa: E501 - the message is as long as it is
"""The builder's account of an engine, as TensorRT-RTX 1.7.1.116 wrote it."""

from __future__ import annotations

from fundusgate.export.readiness.layers import read_layers

MESSAGE = """Layers:
Name: __myl_MulMinMaxRounCast_myl0_0, LayerType: kgen, Inputs: [ { Name: x, Dimensions: [1,16,32,32], Datatype: Float, \
Format: (Linear) Row major linear format }], Constants: [ { Name: c0, Dimensions: [1], Datatype: Float, Format: \
(Linear) Row major linear format }], Outputs: [ { Name: q, Dimensions: [1,16,32,32], Datatype: Int8, Format: (NHWC) Channel \
major format }], TacticName: __myl_MulMinMaxRounCast_0x38, StreamId: 0, Metadata: [ONNX Layer: act_q]
Name: conv_myl0_1, LayerType: correlation, Inputs: [ { Name: q, Dimensions: [1,16,32,32], Datatype: Int8, Format: \
(NHWC) Channel major format }], Constants: [ { Name: w, Dimensions: [32,16,3,3], Datatype: Int8, Format: (NHWC) \
Channel major format }, { Name: s, Dimensions: [1,32,1,1], Datatype: Float, Format: (NHWC) Channel major format }], Outputs: \
[ { Name: y, Dimensions: [1,32,32,32], Datatype: Float, Format: (NHWC) Channel major format }], TacticName: \
__myelin_CASK_STUB, StreamId: 0, Metadata: [ONNX Layer: conv][ONNX Layer: act_dq]
Name: __myl_CastMulFc_myl0_2, LayerType: runtime_fusion, Inputs: [ { Name: q2, Datatype: Int8 }], Constants: \
[ { Name: w2, Datatype: Int8 }], Outputs: [ { Name: z, Datatype: Float }], TacticName: t, StreamId: 0, Metadata: \
[ONNX Layer: mm]
Name: f_myl0_3, LayerType: gemm, Inputs: [ { Name: a, Datatype: Int8 }, { Name: b, Datatype: Float }], Constants: [], \
Outputs: [ { Name: o, Datatype: Float }], TacticName: t, StreamId: 0, Metadata:

I/O Tensors:
 Name: x, IOMode: Input, DataType: Float, Location: Device
"""


def test_layers_are_read() -> None:
    layers = read_layers(MESSAGE)
    assert [(layer.name, layer.kind) for layer in layers] == [
        ("__myl_MulMinMaxRounCast_myl0_0", "kgen"),
        ("conv_myl0_1", "correlation"),
        ("__myl_CastMulFc_myl0_2", "runtime_fusion"),
        ("f_myl0_3", "gemm"),
    ]
    product = layers[1]
    assert (product.inputs, product.constants, product.outputs) == (("Int8",), ("Int8", "Float"), ("Float",))
    assert product.nodes == ("conv", "act_dq")


def test_only_int8_by_int8_counts() -> None:
    """A quantizer is no product, a fusion that casts first multiplies floats, and so does half a pair."""
    assert [layer.int8_product for layer in read_layers(MESSAGE)] == [False, True, False, False]


def test_no_message_is_no_layers() -> None:
    assert read_layers("") == []
