"""A small residual network whose layers meet every rule, as an exported float graph."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import Tensor, nn

from fundusgate.calibration.tensor_range import TensorRange
from fundusgate.export.simplify import simplify

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

SIDE = 16


class Residual(nn.Module):
    """Stem, a residual block, tokens through a dense layer and GELU, attention of the tokens, a head."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.stem = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.first = nn.Conv2d(16, 16, 3, padding=1)
        self.second = nn.Conv2d(16, 16, 3, padding=1, groups=4)
        self.narrow = nn.Conv2d(16, 8, 1)
        self.dense = nn.Linear(16, 32)
        self.head = nn.Linear(32, 1)
        with torch.no_grad():
            # Channels whose sizes lie far apart: one scale for all of them would lose the small ones.
            self.first.weight *= torch.logspace(-3, 0, 16).reshape(-1, 1, 1, 1)
            self.dense.weight *= torch.logspace(-3, 0, 32).reshape(-1, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        x = image.to(torch.float32).permute(0, 3, 1, 2) / 127.5 - 1
        x = self.stem(x).relu()
        x = (x + self.second(self.first(x).relu())).relu()
        tokens = nn.functional.gelu(self.dense(x.reshape(1, 16, 64).transpose(1, 2)))
        mixed = (tokens @ tokens.transpose(1, 2)).softmax(-1) @ tokens
        return self.head(mixed).mean(1), self.narrow(x).mean((2, 3))


def residual_graph() -> onnx.ModelProto:
    stream = io.BytesIO()
    image = torch.zeros((1, SIDE, SIDE, 3), dtype=torch.uint8)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Residual().eval(),
            (image,),
            stream,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=17,
            input_names=["image"],
            output_names=["score", "rest"],
        )
    return simplify(onnx.load_from_string(stream.getvalue()))


def pictures(count: int = 8) -> list[NDArray[np.uint8]]:
    random = np.random.default_rng(5)
    return [random.integers(0, 256, (1, SIDE, SIDE, 3), dtype=np.uint8) for _ in range(count)]


def run(model: onnx.ModelProto, image: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model.SerializeToString(), options).run(None, {"image": image})


def seen_ranges(
    model: onnx.ModelProto, names: Collection[str], images: Sequence[NDArray[np.uint8]] | None = None
) -> dict[str, TensorRange]:
    """Minimum and maximum of tensors over images (`pictures` unless given), with the tensors as the graph's outputs."""
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    known = {value.name: value for value in (*model.graph.value_info, *model.graph.output)}
    ordered = sorted(names)
    del opened.graph.output[:]
    opened.graph.output.extend(known[name] for name in ordered)
    values = [run(opened, image) for image in (pictures() if images is None else images)]
    return {
        name: TensorRange(
            min(float(value[index].min()) for value in values), max(float(value[index].max()) for value in values)
        )
        for index, name in enumerate(ordered)
    }
