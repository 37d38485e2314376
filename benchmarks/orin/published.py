"""Latencies that others measured on Orin and published, with where; milliseconds at 640 pixels and a batch of one."""

from __future__ import annotations

from dataclasses import dataclass

ULTRALYTICS = "https://docs.ultralytics.com/guides/nvidia-jetson"
"""Its tables of YOLO11, TensorRT's rows, Ultralytics 8.3.51: mean inference time. The power mode is not stated; both
boards are taken at their highest, as its page advises the reader, and as the two boards' figures relate."""

NANO = ("Orin Nano 8GB Super", "MAXN_SUPER")
NX = ("Orin NX 16GB", "MAXN")
PRECISIONS = ("fp32", "fp16", "int8")


@dataclass(frozen=True)
class Published:
    """One figure."""

    board: tuple[str, str]
    """Module and power mode, as in `export.readiness.power_modes`."""
    network: str
    """A size of YOLO11."""
    precision: str
    milliseconds: float


_TABLES = {
    NANO: {
        "n": (7.60, 4.91, 3.91),
        "s": (13.29, 7.30, 5.25),
        "m": (28.21, 13.99, 9.58),
        "l": (35.59, 17.57, 12.37),
        "x": (67.32, 32.94, 20.72),
    },
    NX: {
        "n": (8.05, 4.85, 4.37),
        "s": (14.13, 7.55, 5.63),
        "m": (30.72, 14.45, 10.19),
        "l": (38.68, 18.53, 13.36),
        "x": (76.44, 35.99, 22.32),
    },
}

PUBLISHED: tuple[Published, ...] = tuple(
    Published(board, network, precision, milliseconds)
    for board, table in _TABLES.items()
    for network, figures in table.items()
    for precision, milliseconds in zip(PRECISIONS, figures, strict=True)
)
