"""What others put in the place of our networks: one hand feature, and MCF-Net's three DenseNets."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnxruntime as ort
import torch

from .densenet import COLOUR_SPACES, SIDE, McfNet

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

HAND = "mean absolute Laplacian of green at 112 px (OpenCV)"
MCF_EAGER = "MCF-Net's three DenseNet-121, PyTorch eager"
MCF_ORT = "MCF-Net's three DenseNet-121, ONNX Runtime, fp32"
MCF_OPENVINO = "MCF-Net's three DenseNet-121, OpenVINO, fp32"
OTHERS = (HAND, MCF_EAGER, MCF_ORT, MCF_OPENVINO)
HAND_SIDE = 112


def hand_feature(image: NDArray[np.uint8]) -> float:
    """Mean |Laplacian| of the green channel, grey levels.

    Args:
        image: S x S x 3 uint8, RGB, framed.
    """
    green = cv2.resize(image[..., 1], (HAND_SIDE, HAND_SIDE), interpolation=cv2.INTER_AREA)
    return float(np.abs(cv2.Laplacian(green, cv2.CV_32F)).mean())


def calls(image: NDArray[np.uint8], threads: int) -> dict[str, Callable[[], object]]:
    """Each of `OTHERS` that can run here, ready to be called.

    Args:
        image: S x S x 3 uint8, RGB, framed: for the hand feature.
        threads: Of each engine.
    """
    torch.manual_seed(0)
    network = McfNet().eval()
    pictures = tuple(torch.rand(1, 3, SIDE, SIDE) for _ in range(COLOUR_SPACES))
    feeds = {name: picture.numpy() for name, picture in zip(("rgb", "hsv", "lab"), pictures, strict=True)}

    def eager() -> object:
        with torch.inference_mode():
            return network(*pictures)

    found: dict[str, Callable[[], object]] = {HAND: partial(hand_feature, image), MCF_EAGER: eager}
    with tempfile.TemporaryDirectory(prefix="fundusgate-mcf-") as folder:
        graph = Path(folder) / "mcf.onnx"
        torch.onnx.export(
            network, pictures, graph, input_names=list(feeds), output_names=["quality"], opset_version=17, dynamo=False
        )
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        session = ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        found[MCF_ORT] = partial(session.run, None, feeds)
        found |= _on_openvino(graph, feeds, threads)
    return found


def _on_openvino(graph: Path, feeds: dict[str, NDArray[np.float32]], threads: int) -> dict[str, Callable[[], object]]:
    try:
        import openvino
    except ImportError:
        return {}
    from fundusgate.runtime.backends.openvino import DEVICE, settings_for

    core = openvino.Core()
    request = core.compile_model(core.read_model(str(graph)), DEVICE, settings_for(threads)).create_infer_request()
    return {MCF_OPENVINO: partial(request.infer, feeds, share_inputs=True)}
