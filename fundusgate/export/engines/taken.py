"""A bundle's graph as the TensorRT that is here takes it."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fundusgate.runtime.engines.api import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundusgate.runtime.engines.api import TensorRt


@contextmanager
def graph_taken_by(api: TensorRt, graph: Path, *, quantized: bool) -> Iterator[Path]:
    """The graph itself; for TensorRT 8 (JetPack 6.0) a copy of a quantized one whose weights lie in float.

    Args:
        api: TensorRT as it is here. What has no strong typing is older than 9, and takes no stored int8.
        graph: The ONNX file.
        quantized: Whether it holds Q/DQ pairs.

    Yields:
        A file that is there until the block ends.

    Raises:
        EngineError: The copy is needed and the onnx package, which writes it, is not there.
        OSError: The disk refused.
    """
    if api.strong_typing or not quantized:
        yield graph
        return
    try:
        import onnx

        from fundusgate.export.quantization.float_weights import with_float_weights
        from fundusgate.export.saving import save_graph
    except ModuleNotFoundError as error:
        raise EngineError(
            f"TensorRT {api.version} takes no stored int8 weights, and {error.name}, which writes them as float, is not"
            " installed: pip install 'fundusgate[jetson]', or export the bundle with --jetpack 6.0"
        ) from error
    with tempfile.TemporaryDirectory(prefix="fundusgate-graph-") as folder:
        copy = Path(folder) / graph.name
        save_graph(with_float_weights(onnx.load(graph)), copy)
        yield copy
