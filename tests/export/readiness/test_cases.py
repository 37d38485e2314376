"""The static rules and a real parser and builder say the same of every graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import pytest

from fundusgate.export.readiness import audit
from fundusgate.export.readiness.check import check
from fundusgate.export.readiness.graph import GraphView
from fundusgate.export.readiness.jetpacks import JETPACKS, Target
from tests.export.readiness.cases import CASES, Case, dynamic_batch, mixed_types

if TYPE_CHECKING:
    from pathlib import Path

NEWEST = Target(JETPACKS["7.2.2"])

needs_rtx = pytest.mark.skipif(
    not audit.available(), reason="TensorRT-RTX is not installed: `make test` installs it on x86-64 Linux"
)


def stopping(model: onnx.ModelProto) -> set[tuple[str, str]]:
    findings = check(GraphView(model), NEWEST).findings
    return {(finding.severity.value, finding.node) for finding in findings if finding.severity.stops}


def audited(model: onnx.ModelProto, folder: Path) -> audit.Audit:
    path = folder / "graph.onnx"
    onnx.save(model, path)
    return audit.audit(path, GraphView.read(path))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rules(case: Case) -> None:
    assert stopping(case.model()) == case.static


@needs_rtx
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_real_parser_and_builder(case: Case, tmp_path: Path) -> None:
    findings = audited(case.model(), tmp_path).findings
    assert {(finding.severity.value, finding.node) for finding in findings} == case.real


def test_refused_and_silently_float_agree_for_every_case() -> None:
    """The rules promise nothing that the builder does not keep: what it refuses or floats, they name."""
    for case in CASES:
        assert case.real <= case.static, case.name


def test_mixed_types_are_refused_by_the_rules() -> None:
    assert ("refused", "conv") in stopping(mixed_types())


@needs_rtx
def test_mixed_types_are_refused_by_the_parser(tmp_path: Path) -> None:
    said = audited(mixed_types(), tmp_path)
    assert [(finding.severity.value, finding.node) for finding in said.refusals] == [("refused", "conv")]
    assert "must be of same type" in said.refusals[0].reason


def test_dynamic_shapes_are_refused_by_the_rules() -> None:
    assert stopping(dynamic_batch()) == {("refused", "image")}


@needs_rtx
def test_dynamic_shapes_are_refused_by_the_builder(tmp_path: Path) -> None:
    said = audited(dynamic_batch(), tmp_path)
    assert "optimization profile" in said.refusals[0].reason
    assert said.products == ()
