"""Latencies that others published for Orin, beside what the estimate says of the same networks.

    python benchmarks/published_orin.py [--docs] [--count]

Ultralytics publishes what YOLO11 takes in five sizes and three precisions on two boards. Its counts are kept in
benchmarks/data/yolo11_counts.json; --count makes them again (random weights, torch). --docs writes the table into
docs/estimate.md.
"""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import onnx
import torch
from marked import rewrite
from orin.table import as_markdown, read_counts
from orin.yolo11 import SCALES, SIDE, Yolo11

from fundusgate.export.readiness.estimate import work_of
from fundusgate.export.readiness.graph import GraphView, label
from fundusgate.export.readiness.networks import CountedNetwork, tally
from fundusgate.export.simplify import simplify

REPOSITORY = Path(__file__).resolve().parents[1]
KEPT = REPOSITORY / "benchmarks" / "data" / "yolo11_counts.json"
DOCS = REPOSITORY / "docs" / "estimate.md"
MARKER = "published_orin"


def counted(size: str) -> CountedNetwork:
    """One size's graph, counted; INT8 takes every convolution, as TensorRT's calibration does."""
    network = Yolo11(SCALES[size]).eval()
    stream = io.BytesIO()
    with torch.no_grad():
        torch.onnx.export(network, (torch.zeros(1, 3, SIDE, SIDE),), stream, opset_version=17, dynamo=False)
    view = GraphView(simplify(onnx.load_from_string(stream.getvalue())))
    work = work_of(view, in_int8=[label(node) for node in view.nodes if node.op_type == "Conv"])
    nodes = [node for node in work.nodes if node.multiplications or not node.int8]
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return CountedNetwork(parameters, work.outside, work.alive, tally(nodes))


def main() -> None:
    """Count where asked, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", action="store_true", help="count the networks again")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/estimate.md")
    asked = parser.parse_args()
    if asked.count:
        lines = [f' "{size}": {json.dumps(counted(size).to_json_object(), separators=(",", ":"))}' for size in SCALES]
        KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    table = as_markdown(read_counts(KEPT))
    if asked.docs:
        rewrite(DOCS, MARKER, table)
    print(table)


if __name__ == "__main__":
    main()
