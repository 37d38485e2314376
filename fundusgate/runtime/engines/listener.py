"""TensorRT's messages, kept instead of printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fundusgate.runtime.engines.api import TensorRt

LAYERS = "Layers:"
"""How the builder's message on the finished engine begins; it comes with detailed profiling and a verbose logger."""
MOST = 1000
"""Messages of a kind that are kept: the last ones, as a logger that nobody asks may hear a warning a frame."""

_EVERY: list[Any] = []
"""TensorRT keeps a pointer to the first logger of a process and speaks to it on whatever concerns no single engine
(NVIDIA/TensorRT#1475): none is ever given back."""


def make_listener(api: TensorRt) -> Any:  # noqa: ANN401 - a subclass of a class that is known when TensorRT is there
    """A logger for TensorRT that keeps what matters.

    Args:
        api: The package whose `ILogger` it is.

    Returns:
        The logger; `errors` are its errors, `problems` its errors and warnings in order, `layers` the text that
        describes the engine.
    """
    module = api.module
    severities = module.ILogger.Severity

    class Listener(module.ILogger):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            module.ILogger.__init__(self)
            self.errors: list[str] = []
            self.problems: list[str] = []
            self.layers = ""

        def log(self, severity: Any, message: str) -> None:  # noqa: ANN401 - TensorRT's own enumeration
            if severity in (severities.INTERNAL_ERROR, severities.ERROR):
                self.errors.append(message)
                del self.errors[:-MOST]
            if severity in (severities.INTERNAL_ERROR, severities.ERROR, severities.WARNING):
                self.problems.append(message)
                del self.problems[:-MOST]
            elif message.startswith(LAYERS):
                self.layers = message

    listener = Listener()
    _EVERY.append(listener)
    return listener
