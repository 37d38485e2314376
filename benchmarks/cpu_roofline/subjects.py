"""The networks that are held to the roofline: ours from the bundle, and two larger ones with random weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime as ort
import torch

from fundusgate.export.onnx_export import to_onnx
from fundusgate.export.quantization.rules import CPU_RULES, plan_quantization
from fundusgate.export.readiness.estimate import work_of
from fundusgate.export.readiness.graph import GraphView
from fundusgate.export.readiness.roofline import Floats
from fundusgate.export.specs import spec_of
from fundusgate.models import build
from fundusgate.runtime.backends.onnx_cpu import DISABLED_OPTIMIZERS
from fundusgate.runtime.manifest import Precision

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import nn

    from fundusgate.export.readiness.roofline import Work
    from fundusgate.runtime.bundle import Bundle


@dataclass(frozen=True)
class Subject:
    """One network in one precision."""

    name: str
    work: Work
    call: Callable[[], object]


def of_bundle(bundle: Bundle, threads: int) -> list[Subject]:
    """Every network of a bundle, in fp32 and, where it is there, as int8-cpu.

    INT8's work is counted on the fp32 graph by the rules that int8-cpu is made by: its own is written for ONNX Runtime,
    with operators that hold several of the network's.
    """
    found = []
    for model in bundle.manifest.models:
        fp32 = onnx.load(bundle.graph_path(model.name, Precision.FP32))
        in_int8 = plan_quantization(ir.from_proto(fp32).graph, CPU_RULES).quantized
        image = np.random.default_rng(0).integers(0, 256, (1, *(model.preprocessing.size,) * 2, 3), dtype=np.uint8)
        for precision, names in ((Precision.FP32, ()), (Precision.INT8_CPU, in_int8)):
            if precision in model.files:
                work = work_of(GraphView(fp32), Floats.FP32, names)
                session = _session(bundle.graph_path(model.name, precision), threads)
                found.append(Subject(f"{model.name} {precision.value}", work, _call(session, image)))
    return found


def larger(threads: int, mcf_net: Callable[[], nn.Module], mcf_side: int, folder: Path) -> list[Subject]:
    """`fthnet-l` and MCF-Net's three DenseNets in fp32, with random weights."""
    spec = spec_of("fthnet-l")
    path = folder / "fthnet-l.onnx"
    onnx.save(to_onnx(spec, build("fthnet-l")), path)
    image = np.random.default_rng(0).integers(0, 256, (1, spec.size, spec.size, 3), dtype=np.uint8)
    found = [_subject("fthnet-l fp32", path, {"image": image}, threads)]
    pictures = tuple(torch.rand(1, 3, mcf_side, mcf_side) for _ in range(3))
    names = ["rgb", "hsv", "lab"]
    path = folder / "mcf.onnx"
    torch.onnx.export(mcf_net().eval(), pictures, path, input_names=names, opset_version=17, dynamo=False)
    feeds = {name: picture.numpy() for name, picture in zip(names, pictures, strict=True)}
    return [*found, _subject("MCF-Net's three DenseNet-121 fp32", path, feeds, threads)]


def _subject(name: str, path: Path, feeds: dict[str, np.ndarray], threads: int) -> Subject:
    work = work_of(GraphView.read(path), Floats.FP32, ())
    session = _session(path, threads)
    return Subject(name, work, lambda: session.run(None, feeds))


def _session(path: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return ort.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=DISABLED_OPTIMIZERS
    )


def _call(session: ort.InferenceSession, image: np.ndarray) -> Callable[[], object]:
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: image})
