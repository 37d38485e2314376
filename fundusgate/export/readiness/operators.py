"""Which ONNX operators TensorRT's parser imports, and since when.

Read from the support matrices of the onnx-tensorrt repository (docs/operators.md as of TensorRT 8.4, 8.5 and 10.6) and
its changelog; `tests/export/readiness` holds the list to what the parser of TensorRT-RTX answers. Versions between two
matrices are the later one, so that a doubtful operator is refused rather than promised.
"""

from __future__ import annotations

_SINCE_8_0 = """
Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization Cast Ceil Celu Clip Concat
Constant ConstantOfShape Conv ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear Div Dropout Elu Equal Erf Exp
Expand EyeLike Flatten Floor GRU Gather GatherElements Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater
GreaterOrEqual HardSigmoid Identity If InstanceNormalization LRN LSTM LeakyRelu Less LessOrEqual Log LogSoftmax Loop
LpNormalization LpPool MatMul Max MaxPool Mean Min Mul Neg NonMaxSuppression Not Or PRelu Pad Pow QuantizeLinear RNN
RandomUniform RandomUniformLike Range ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin
ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize ReverseSequence Scan Selu Shape Sigmoid Sin Sinh Size Slice
Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tan Tanh ThresholdedRelu Tile TopK Transpose Unsqueeze
Upsample Where
"""

_LATER: dict[tuple[int, int], str] = {
    (8, 2): "Einsum GatherND IsNaN Round Scatter ScatterElements ScatterND Sign",
    (8, 4): "Shrink Xor",
    (8, 5): "GridSample HardSwish MeanVarianceNormalization Mod NonZero OneHot RandomNormal RandomNormalLike Reciprocal"
    " RoiAlign Trilu",
    (8, 6): "GroupNormalization IsInf LayerNormalization",
    (9, 2): "Hardmax",
    (10, 0): "CastLike Gelu Mish",
    (10, 1): "DeformConv",
    (10, 4): "BlackmanWindow HammingWindow HannWindow",
    (10, 5): "STFT",
}

FIRST_VERSION: dict[str, tuple[int, int]] = {
    name: version for version, names in {(8, 0): _SINCE_8_0, **_LATER}.items() for name in names.split()
}
"""Operator of ONNX's own domain -> the first TensorRT (major, minor) whose parser imports it."""
