"""pycuda's context, so that any thread may use the GPU.

The primary context and no `pycuda.autoinit`: it is the one that other libraries in this process use as well, and it is
current only while a call lasts.
"""

from __future__ import annotations

import ctypes
import importlib
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from fundusgate.runtime.backends.base import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator


def load_pycuda() -> Any:  # noqa: ANN401 - pycuda has no type stubs
    """`pycuda.driver`.

    Raises:
        BackendError: It is not there.
    """
    try:
        return importlib.import_module("pycuda.driver")
    except (ImportError, OSError) as error:
        raise BackendError(
            f"pycuda cannot be imported ({error}): pip install 'fundusgate[jetson]' on the device"
        ) from error


@cache
def primary_context(cuda: Any) -> Any:  # noqa: ANN401 - pycuda has no type stubs
    """The first GPU's primary context, retained once for the life of the process.

    It is never given back: pycuda (2026.1) gives a primary context back only in the thread that retained it, and leaves
    it on that thread's stack then. Nor is its object ever destroyed, whose destructor gives back an ordinary context,
    which the driver refuses for a primary one: pycuda would complain of that at the end of every program.

    Args:
        cuda: `pycuda.driver`.

    Raises:
        cuda.Error: There is no GPU.
    """
    cuda.init()
    context = cuda.Device(0).retain_primary_context()
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(context))
    return context


@contextmanager
def current(context: Any) -> Iterator[None]:  # noqa: ANN401 - pycuda has no type stubs
    """Make a context current in the calling thread for the with statement."""
    context.push()
    try:
        yield
    finally:
        context.pop()
