"""Photographs from files: read the way that a camera's replay reads them, so that both see the same pixels."""

from fundusgate.device.photograph import (
    FORMATS,
    MAX_PIXELS,
    OVERLAY_SUFFIX,
    SUFFIXES,
    PhotographError,
    decode_photograph,
    list_photographs,
    read_photograph,
)

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "OVERLAY_SUFFIX",
    "SUFFIXES",
    "PhotographError",
    "decode_photograph",
    "list_photographs",
    "read_photograph",
]
