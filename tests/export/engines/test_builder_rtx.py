"""The same builder code with a real builder: TensorRT-RTX, which needs no GPU to parse and build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import pytest

from fundusgate.export.engines.builder import BuildSettings, build_plan
from fundusgate.export.engines.candidates import candidates
from fundusgate.export.readiness import audit
from fundusgate.runtime.engines.api import EngineError, load
from fundusgate.runtime.engines.plan_header import read_header
from fundusgate.runtime.manifest import Precision
from tests.export.readiness.cases import CASES

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    not audit.available(), reason="TensorRT-RTX is not installed: `make test` installs it on x86-64 Linux"
)


def saved(name: str, folder: Path) -> Path:
    path = folder / f"{name}.onnx"
    onnx.save(next(case for case in CASES if case.name == name).model(), path)
    return path


def test_a_plan_says_who_wrote_it(tmp_path: Path) -> None:
    api = load(audit.PACKAGE)
    settings = BuildSettings(strong=True, workspace=2**26, capability=audit.CAPABILITY)
    built = build_plan(api, saved("residual", tmp_path), settings)
    header = read_header(built.plan)
    assert (header.writer, header.version) == ("TensorRT-RTX", api.numbers)
    assert built.layers.startswith("Layers:")


def test_a_refused_graph_names_its_node(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"cannot read antialiased_resize.onnx: resize: .*Antialiasing"):
        build_plan(load(audit.PACKAGE), saved("antialiased_resize", tmp_path), BuildSettings())


def test_it_chooses_as_tensorrt_11_does() -> None:
    chosen = candidates(load(audit.PACKAGE), tuple(Precision), int8=True)
    assert [candidate.name for candidate in chosen] == ["typed-int8-fp16", "typed-fp16", "typed-int8", "typed-fp32"]


def test_flags_are_gone(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="has no INT8 flag"):
        build_plan(load(audit.PACKAGE), saved("residual", tmp_path), BuildSettings(int8=True))
