"""Counts every network's operations and values, for estimates that need neither weights nor torch.

    python benchmarks/count_networks.py [NAME ...]

Writes fundusgate/export/readiness/networks.json: each network's own graph with random weights, node by node. Run it
again when a network changes; a test counts some of them and compares. Names leave the others as they are.
"""

from __future__ import annotations

import json
import sys

from fundusgate.export.readiness.counting import NETWORKS, count
from fundusgate.export.readiness.networks import TABLE


def main(names: list[str]) -> None:
    """Count and write."""
    held = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.is_file() else {}
    for name in names or NETWORKS:
        counted = count(name)
        held[name] = counted.to_json_object()
        multiplications = counted.work("fp16").multiplications
        print(f"{name}: {counted.parameters:,} parameters, {multiplications / 1e9:.2f} billion multiplications")
    lines = []
    for name in NETWORKS:
        if name in held:
            head = {key: value for key, value in held[name].items() if key != "nodes"}
            rows = ",\n   ".join(json.dumps(row, separators=(",", ":")) for row in held[name]["nodes"])
            lines.append(f' "{name}": {json.dumps(head)[:-1]}, "nodes": [\n   {rows}\n ]}}')
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
