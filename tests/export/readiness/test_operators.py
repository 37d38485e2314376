"""The list of operators against a real parser."""

from __future__ import annotations

import onnx.defs
import pytest

from fundusgate.export.readiness import audit
from fundusgate.export.readiness.operators import FIRST_VERSION
from fundusgate.runtime.engines.api import load
from fundusgate.runtime.engines.listener import make_listener

BY_PLUGIN = {"DeformConv"}
"""Imported through a plugin library that TensorRT has and TensorRT-RTX has not."""

NEWER = {
    "Attention", "CausalConvWithState", "LinearAttention", "RMSNormalization", "RotaryEmbedding", "Swish",
    "TensorScatter",
}  # fmt: skip
"""Imported by TensorRT-RTX 1.7; since which TensorRT nobody has checked, so the rules refuse them."""


def standard_operators() -> set[str]:
    return {schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ""}


def test_every_name_is_an_operator_of_onnx() -> None:
    assert set(FIRST_VERSION) <= {schema.name for schema in onnx.defs.get_all_schemas_with_history()}


@pytest.mark.skipif(not audit.available(), reason="TensorRT-RTX is not installed: `make test` installs it on x86-64")
def test_the_real_parser_imports_the_same() -> None:
    api = load(audit.PACKAGE)
    listener = make_listener(api)
    builder = api.module.Builder(listener)
    network = builder.create_network(0)
    parser = api.module.OnnxParser(network, listener)
    imported = {name for name in standard_operators() if parser.supports_operator(name)}
    assert imported - set(FIRST_VERSION) == NEWER
    assert set(FIRST_VERSION) & standard_operators() - imported == BY_PLUGIN
