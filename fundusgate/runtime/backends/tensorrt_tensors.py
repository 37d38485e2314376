"""What a TensorRT engine takes and gives, by name, and how one inference is enqueued, in every release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fundusgate.runtime.backends.base import BackendError, Signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fundusgate.runtime.engines.api import TensorRt


@dataclass(frozen=True)
class Tensor:
    """One input or output."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    is_input: bool


def tensors_of(api: TensorRt, engine: Any) -> tuple[Tensor, ...]:  # noqa: ANN401 - TensorRT's own class
    """Every input and output, in the engine's order.

    Args:
        api: TensorRT.
        engine: Deserialized.

    Raises:
        BackendError: A tensor is neither uint8 nor float32.
    """
    if hasattr(engine, "num_io_tensors"):
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        inputs = [engine.get_tensor_mode(name) == api.module.TensorIOMode.INPUT for name in names]
        shapes = [engine.get_tensor_shape(name) for name in names]
        types = [engine.get_tensor_dtype(name) for name in names]
    else:
        indices = range(engine.num_bindings)
        names = [engine.get_binding_name(index) for index in indices]
        inputs = [engine.binding_is_input(index) for index in indices]
        shapes = [engine.get_binding_shape(index) for index in indices]
        types = [engine.get_binding_dtype(index) for index in indices]
    return tuple(
        Tensor(name, tuple(int(side) for side in shape), _dtype(api, name, kind), is_input)
        for name, shape, kind, is_input in zip(names, shapes, types, inputs, strict=True)
    )


def signature_of(tensors: Sequence[Tensor]) -> Signature:
    """The network's signature.

    Raises:
        BackendError: It is no network of ours: not one photograph in, or something else than float32 out.
    """
    inputs = [tensor for tensor in tensors if tensor.is_input]
    if len(inputs) != 1 or inputs[0].dtype != np.uint8 or not _is_photograph(inputs[0].shape):
        takes = ", ".join(f"{tensor.name} {tensor.dtype} {tensor.shape}" for tensor in inputs)
        raise BackendError(f"the engine takes {takes}; expected one uint8 [1, S, S, 3]: compile a bundle of fundusgate")
    outputs = [tensor for tensor in tensors if not tensor.is_input]
    for tensor in outputs:
        if tensor.dtype != np.float32 or min(tensor.shape, default=1) < 1:
            raise BackendError(f"the engine gives {tensor.name} {tensor.dtype} {tensor.shape}; expected fixed float32")
    return Signature(size=inputs[0].shape[1], outputs={tensor.name: tensor.shape for tensor in outputs})


def bound(
    execution: Any,  # noqa: ANN401 - TensorRT's own class
    tensors: Sequence[Tensor],
    addresses: Mapping[str, int],
    stream: int,
) -> Callable[[], bool]:
    """Tell an execution where its tensors lie.

    Args:
        execution: The engine's execution context.
        tensors: Its inputs and outputs, in the engine's order.
        addresses: In the GPU's address space, by name.
        stream: Handle of the stream to enqueue on.

    Returns:
        Enqueues one inference; False when TensorRT refused.

    Raises:
        BackendError: TensorRT refused an address.
    """
    if hasattr(execution, "execute_async_v3"):
        for tensor in tensors:
            if not execution.set_tensor_address(tensor.name, addresses[tensor.name]):
                raise BackendError(f"TensorRT refuses the memory for {tensor.name}: run `fundusgate compile --rebuild`")
        return lambda: bool(execution.execute_async_v3(stream))
    bindings = [addresses[tensor.name] for tensor in tensors]
    return lambda: bool(execution.execute_async_v2(bindings, stream))


def _dtype(api: TensorRt, name: str, kind: Any) -> np.dtype[Any]:  # noqa: ANN401 - TensorRT's own enumeration
    # not by `nptype`, which fails with today's NumPy in TensorRT 8.5 (NVIDIA/TensorRT#2557)
    for ours, dtype in ((api.module.uint8, np.uint8), (api.module.float32, np.float32)):
        if kind == ours:
            return np.dtype(dtype)
    raise BackendError(
        f"the engine's tensor {name} is {kind}, neither uint8 nor float32: compile a bundle of fundusgate"
    )


def _is_photograph(shape: tuple[int, ...]) -> bool:
    return len(shape) == 4 and shape[0] == 1 and 0 < shape[1] == shape[2] and shape[3] == 3
