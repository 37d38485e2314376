"""TensorRT's Python package, whichever version the JetPack brought, asked for what it has."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from typing import Any


class EngineError(ValueError):
    """An engine that cannot be built or must not be used; the message says why and what to do."""


@dataclass(frozen=True)
class TensorRt:
    """An imported TensorRT package and what it offers.

    Nothing is concluded from the version: TensorRT 11 removed what 8.6 needs, so every use asks whether it is there.
    """

    module: Any
    """`tensorrt`, or `tensorrt_rtx`, whose builder has the same interface."""

    @property
    def version(self) -> str:
        """Such as `10.3.0`."""
        return str(self.module.__version__)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version's leading numbers, major first."""
        return tuple(int(part) for part in re.findall(r"\d+", self.version)[:4])

    @property
    def fp16_flag(self) -> bool:
        """Whether the builder may be allowed FP16 by a flag (weak typing; gone in TensorRT 11)."""
        return hasattr(self.module.BuilderFlag, "FP16")

    @property
    def int8_flag(self) -> bool:
        """Whether the builder may be allowed INT8 by a flag (weak typing; gone in TensorRT 11)."""
        return hasattr(self.module.BuilderFlag, "INT8")

    @property
    def strong_typing(self) -> bool:
        """Whether the graph's own types can be made binding (TensorRT 9 and later)."""
        return hasattr(self.module.NetworkDefinitionCreationFlag, "STRONGLY_TYPED")

    @property
    def timing_cache(self) -> bool:
        """Whether measured kernels can be kept from one build to the next."""
        return hasattr(self.module.IBuilderConfig, "create_timing_cache")


def load(package: str = "tensorrt") -> TensorRt:
    """Import TensorRT.

    Args:
        package: Its Python package.

    Raises:
        EngineError: It is not there, or does not fit this Python. Nothing is ever installed.
    """
    try:
        return TensorRt(importlib.import_module(package))
    except (ImportError, OSError) as error:
        raise EngineError(
            f"TensorRT cannot be imported ({error}): on a Jetson it comes with JetPack (sudo apt install"
            " nvidia-jetpack) for the system's own Python; run fundusgate with that Python, in a virtual"
            " environment made with --system-site-packages"
        ) from error
