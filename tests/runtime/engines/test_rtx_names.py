"""What the backend calls is there in bindings that can be imported without a GPU: TensorRT-RTX's."""

from __future__ import annotations

import importlib.util

import pytest

from fundusgate.runtime.engines.api import load
from fundusgate.runtime.engines.listener import MOST, make_listener

PACKAGE = "tensorrt_rtx"

pytestmark = pytest.mark.skipif(importlib.util.find_spec(PACKAGE) is None, reason="TensorRT-RTX is not installed")

CALLED = {
    "Runtime": {"deserialize_cuda_engine"},
    "ICudaEngine": {
        *("num_io_tensors", "get_tensor_name", "get_tensor_mode", "get_tensor_shape", "get_tensor_dtype"),
        "create_execution_context",
    },
    "IExecutionContext": {"set_tensor_address", "execute_async_v3"},
    "TensorIOMode": {"INPUT"},
}


def test_every_name_is_there() -> None:
    module = load(PACKAGE).module
    missing = {
        (name, one) for name, called in CALLED.items() for one in called if not hasattr(getattr(module, name), one)
    }
    assert missing == set()


def test_types_have_their_counterparts() -> None:
    module = load(PACKAGE).module
    assert (module.uint8, module.float32) == (module.DataType.UINT8, module.DataType.FLOAT)


def test_messages_are_sorted_by_severity() -> None:
    api = load(PACKAGE)
    listener, severities = make_listener(api), api.module.ILogger.Severity
    for severity in (severities.INFO, severities.WARNING, severities.ERROR, severities.INTERNAL_ERROR):
        listener.log(severity, severity.name)
    assert listener.errors == ["ERROR", "INTERNAL_ERROR"]
    assert listener.problems == ["WARNING", "ERROR", "INTERNAL_ERROR"]
    for number in range(2 * MOST):
        listener.log(severities.WARNING, str(number))
    assert listener.problems == [str(number) for number in range(MOST, 2 * MOST)]
