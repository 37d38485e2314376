"""A bundle's graph as the TensorRT that is here takes it."""

from __future__ import annotations

import importlib.util
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fundusgate.runtime.engines.api import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundusgate.runtime.engines.api import TensorRt

WRITERS = ("onnx", "onnx_ir")
"""Packages that write graphs: `pip install 'fundusgate[jetson]'` brings them."""


@contextmanager
def graph_taken_by(api: TensorRt, graph: Path, *, quantized: bool) -> Iterator[Path]:
    """A copy of a graph whose constants are worked out; for TensorRT 8 (JetPack 6.0) with its weights in float.

    Without the packages that write graphs it is the graph itself: TensorRT then computes those constants every time.

    Args:
        api: TensorRT as it is here. What has no strong typing is older than 9, and takes no stored int8.
        graph: The ONNX file.
        quantized: Whether it holds Q/DQ pairs with float32 scales.

    Yields:
        A file that is there until the block ends.

    Raises:
        EngineError: TensorRT 8 needs the copy and what writes it is not there.
        OSError: The disk refused.
    """
    widen = quantized and not api.strong_typing
    missing = [name for name in WRITERS if importlib.util.find_spec(name) is None]
    if missing and widen:
        raise EngineError(
            f"TensorRT {api.version} takes no stored int8 weights, and {missing[0]}, which writes them as float, is not"
            " installed: pip install 'fundusgate[jetson]', or export the bundle with --jetpack 6.0"
        )
    if missing:
        yield graph
        return
    with tempfile.TemporaryDirectory(prefix="fundusgate-graph-") as folder:
        copy = Path(folder) / graph.name
        yield copy if _write(graph, copy, widen=widen) else graph


def _write(graph: Path, copy: Path, *, widen: bool) -> bool:
    """Write the copy; False where it would be the graph itself."""
    import onnx

    from fundusgate.export.expand import expand
    from fundusgate.export.quantization.float_weights import with_float_weights
    from fundusgate.export.saving import save_graph

    model = onnx.load(graph)
    taken = expand(model)
    if widen:
        taken = with_float_weights(taken)
    if taken is model:
        return False
    save_graph(taken, copy)
    return True
