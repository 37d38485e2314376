"""This processor's own roofline, and how far the estimate of each network is from what it takes here.

    python benchmarks/roofline.py [--docs] [--rounds 30] [--bundle DIR]

Large products in fp32 and INT8 and copies give the processor's peaks; ours in fp32 and int8-cpu, fthnet-l and MCF-Net's
three DenseNets run on ONNX Runtime in the same rounds, on one thread. Of each round the time over its bounds is taken,
and of these the median. About a minute on a quiet machine. --docs writes the record to benchmarks/data/roofline.json
and its table into docs/estimate.md; `--docs --kept` only makes the table of the record that is there.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from cpu_roofline import probes, record, subjects, table
from cpu_roofline.bounds import COPY
from marked import rewrite
from peer.machine import describe_machine
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from runtime_peer import load, turns
from runtime_peer.densenet import SIDE, McfNet

from fundusgate.runtime.bundle import Bundle, shipped_bundle

if TYPE_CHECKING:
    from fundusgate.export.readiness.roofline import Work

REPOSITORY = Path(__file__).resolve().parents[1]
KEPT = REPOSITORY / "benchmarks" / "data" / "roofline.json"
DOCS = REPOSITORY / "docs" / "estimate.md"
MARKER = "roofline"
DEFAULT_ROUNDS = 30
LARGE_COPY = 256 * 2**20
"""Bytes: beyond every cache."""

Tell = Callable[[str], None]


def measure(bundle: Path, rounds: int, threads: int, tell: Tell) -> record.Record:
    """Open, time in turns, count."""
    torch.set_num_threads(threads)
    began = datetime.now(timezone.utc)
    with tempfile.TemporaryDirectory(prefix="fundusgate-roofline-") as folder:
        tell("opening the networks")
        held = [
            *subjects.of_bundle(Bundle.open(bundle), threads),
            *subjects.larger(threads, McfNet, SIDE, Path(folder)),
        ]
    products = probes.product_calls(threads)
    sizes = sorted({LARGE_COPY, *(subject.work.peak_bytes for subject in held)})
    calls: dict[str, Callable[[], object]] = {f"network {subject.name}": subject.call for subject in held}
    calls |= {f"product {key}": call for key, call in products.items()}
    calls |= {f"copy {size}": probes.copy_call(size) for size in sizes}
    before = load.now()
    spent = turns.in_turns(calls, rounds, lambda done, of: tell(f"timing, round {done} of {of}"))
    share = load.others_share(before, load.now(), os.cpu_count() or 1)
    rounded = {name: [[round(sample, 4) for sample in turn] for turn in found] for name, found in spent.items()}
    found = [
        record.Probe(
            what=key[0], by=f"{key[1]} {key[2]}", amount=probes.operations(key[2]), turns=rounded[f"product {key}"]
        )
        for key in products
    ]
    found += [record.Probe(what=COPY, by="NumPy", amount=2 * size, turns=rounded[f"copy {size}"]) for size in sizes]
    usual = rounds == DEFAULT_ROUNDS and threads == 1
    return record.Record(
        command="python benchmarks/roofline.py" + ("" if usual else f" --rounds {rounds} --threads {threads}"),
        began_at=began.isoformat(timespec="seconds"),
        machine=describe_machine(),
        threads=threads,
        rounds=rounds,
        others_share=share,
        probes=found,
        networks=[_held(subject.name, subject.work, rounded[f"network {subject.name}"]) for subject in held],
    )


def _held(name: str, work: Work, spent: list[list[float]]) -> record.Held:
    kinds = Counter(
        (
            node.multiplications,
            node.traffic(work.floats),
            int(node.int8),
            node.operands(work.floats) if node.pointwise else node.traffic(work.floats),
        )
        for node in work.nodes
    )
    return record.Held(
        name=name,
        kinds=[(count, *kind) for kind, count in sorted(kinds.items())],
        compulsory=work.weight_bytes + work.floats.bytes * work.outside,
        alive=work.peak_bytes,
        turns=spent,
    )


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", action="store_true", help="write the record and docs/estimate.md")
    parser.add_argument("--kept", action="store_true", help="measure nothing: take the record that is there")
    parser.add_argument("--json", type=Path, help="write the record there")
    parser.add_argument("--bundle", type=Path, default=shipped_bundle())
    parser.add_argument("--rounds", type=int, default=DEFAULT_ROUNDS)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    if asked.kept:
        found = record.Record.read(KEPT)
    else:
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("starting", total=None)
            found = measure(asked.bundle, asked.rounds, asked.threads, lambda step: bar.update(task, description=step))
    if asked.json:
        found.save(asked.json)
    if asked.docs:
        if not asked.kept:
            found.save(KEPT)
        rewrite(DOCS, MARKER, table.as_markdown(found))
    print(table.as_markdown(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
