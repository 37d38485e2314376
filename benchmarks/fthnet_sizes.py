"""FTHNet S beside FTHNet L: what each costs, and what each learns in equal short trainings.

    python benchmarks/fthnet_sizes.py [--board orin-nano] [--rounds 30] [--threads 1] [--json FILE]
    python benchmarks/fthnet_sizes.py --train PHOTOGRAPHS --steps 300 [--hold-out eyeq_hi]

Cost needs no weights and no photographs: parameters, multiplications, fp32 and INT8 on this processor in turn, and an
estimate for a board (never measured there). INT8 graphs are made by the rules of `fundusgate export` from ranges of
phantom photographs. Quality: both sizes are trained by their recipe from new weights, with the same samples in the same
order and the same number of steps, without one source; AUC of good over reject on that source, on the validation
patients and on the source judged by eye. Trainings are resumable and kept in --out.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import onnx
import torch
from choice.asking import ask
from choice.figures import columns_of, group_auc
from choice.groups import at_most, real_items
from choice.held_out import Trial, train_without
from choice.judges import Judge, WeightsJudge
from int8_speed import compare
from rich.console import Console
from rich.table import Table

from fundusgate.calibration.ranges import Method, RangeCollector
from fundusgate.commands.bench_estimate import modes_of
from fundusgate.export.onnx_export import to_onnx
from fundusgate.export.quantization.targets import TARGETS, tensors_to_calibrate
from fundusgate.export.readiness.estimate import Work, work_of
from fundusgate.export.readiness.graph import GraphView
from fundusgate.export.specs import spec_of
from fundusgate.models import build
from fundusgate.phantom import CAMERAS, render
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.manifest import Precision
from fundusgate.runtime.preprocessing import frame_disc
from fundusgate.training.loop import TrainingError
from fundusgate.training.photographs import LabelsError, read_records

SIZES = ("fthnet-s", "fthnet-l")
PHANTOMS = 12
"""Photographs that ranges are drawn from: time does not depend on them."""
BY_EYE = Path(__file__).parent / "data" / "by_eye.csv"


@dataclass(frozen=True)
class Cost:
    """What one size costs.

    Attributes:
        name: Of the network.
        parameters: Count.
        giga_multiplications: Of one photograph.
        fp32_ms: Median on this processor.
        int8_ms: The same of INT8.
        ratio: Median of the rounds' ratios, fp32 over INT8.
        boards: By mode of the board: at least, and rather (milliseconds), an estimate.
    """

    name: str
    parameters: int
    giga_multiplications: float
    fp32_ms: float
    int8_ms: float
    ratio: float
    boards: dict[str, tuple[float, float]]


def cost_of(name: str, board: str, rounds: int, threads: int, folder: Path) -> Cost:
    """Export, quantize, time and count one size, with random weights."""
    torch.manual_seed(0)
    network = build(name)
    spec = spec_of(name)
    model = to_onnx(spec, network)
    with RangeCollector(model, tensors_to_calibrate(model), Method("percentile")) as collector:
        cameras = sorted(CAMERAS)
        for seed in range(PHANTOMS):
            rgb = render(seed, 512, cameras[seed % len(cameras)]).rgb
            collector.add(frame_disc(rgb, find_disc(rgb), spec.size).rgb)
        ranges = collector.ranges()
    graphs = {Precision.FP32: model}
    graphs |= {
        target.precision: target.make(model, ranges, ())
        for target in TARGETS
        if target.precision in (Precision.INT8_CPU, Precision.INT8_TRT)
    }
    paths = {}
    for precision, graph in graphs.items():
        paths[precision] = folder / f"{name}.{precision.value}.onnx"
        onnx.save(graph, paths[precision])
    timed = compare(name, (paths[Precision.FP32], paths[Precision.INT8_CPU]), threads, rounds)
    work: Work = work_of(GraphView.read(paths[Precision.INT8_TRT]))
    return Cost(
        name=name,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        giga_multiplications=work.multiplications / 1e9,
        fp32_ms=timed.fp32_ms,
        int8_ms=timed.int8_ms,
        ratio=timed.ratio,
        boards={f"{mode.module} {mode.mode}": (work.fastest(mode), work.usual(mode)) for mode in modes_of(board)},
    )


def cost_table(costs: list[Cost]) -> Table:
    """A column a size."""
    table = Table(title="cost of one photograph", title_justify="left")
    table.add_column("")
    for cost in costs:
        table.add_column(cost.name, justify="right")
    table.add_row("parameters", *(f"{cost.parameters / 1e6:.2f} M" for cost in costs))
    table.add_row("multiplications", *(f"{cost.giga_multiplications:.2f} G" for cost in costs))
    table.add_row("fp32 here, ms", *(f"{cost.fp32_ms:.1f}" for cost in costs))
    table.add_row("INT8 here, ms", *(f"{cost.int8_ms:.1f}" for cost in costs))
    table.add_row("fp32 over INT8", *(f"{cost.ratio:.2f}" for cost in costs))
    for mode in costs[0].boards:
        table.add_row(f"ESTIMATE {mode}, INT8, ms", *("{:.2f} to {:.2f}".format(*cost.boards[mode]) for cost in costs))
    return table


def quality_table(given: argparse.Namespace) -> tuple[Table, dict[str, dict[str, list[float]]]]:
    """Both sizes trained alike and judged.

    Raises:
        LabelsError: The labels cannot be read.
        TrainingError: A training went wrong.
        ValueError: The source to hold out is not there.
    """
    records = read_records(given.train)
    if given.hold_out not in {record.source for record in records}:
        raise ValueError(f"{given.train} has no source {given.hold_out!r}: name another with --hold-out")
    items = list(at_most(real_items(given.train, BY_EYE, ()), given.each))
    eyed = {item.group.split(" ")[0] for item in items if item.by_eye}
    judges: list[Judge] = []
    for name in SIZES:
        trial = Trial(name, given.steps, given.steps, ("idrid",), None, given.seed, given.threads, given.out)
        used = [record for record in records if record.source not in eyed]
        weights = train_without(given.hold_out, trial, used, lambda _done, _every: None)
        judges.append(WeightsJudge(name, name, weights[given.steps]))
    own = {given.hold_out}
    groups = [
        group
        for group in dict.fromkeys(item.group for item in items)
        if group in own or group.endswith((" val", " by eye"))
    ]
    judged = [item for item in items if item.group in groups]
    answers = ask(judges, [(item, "") for item in judged], given.out, lambda _: None)
    columns = columns_of(judges, answers)
    table = Table(title=f"AUC, good over reject, after {given.steps} equal steps", title_justify="left")
    table.add_column("photographs")
    for name in SIZES:
        table.add_column(name, justify="right")
    figures: dict[str, dict[str, list[float]]] = {}
    for group in groups:
        areas = [group_auc(column, judged, group) for column in columns]
        table.add_row(group, *("-" if area is None else f"{area.value:.3f} ±{area.half:.3f}" for area in areas))
        figures[group] = {
            name: [round(area.value, 4), round(area.half, 4)]
            for name, area in zip(SIZES, areas, strict=True)
            if area is not None
        }
    return table, figures


def options() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", default="orin-nano")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--train", type=Path, metavar="PHOTOGRAPHS", help="compare quality instead of cost")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--hold-out", default="eyeq_hi")
    parser.add_argument("--each", type=int, default=60, help="photographs of each group and label at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/fthnet-sizes"))
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def main() -> None:
    """Cost, or quality."""
    given = options()
    torch.set_num_threads(given.threads)
    console = Console(width=None if sys.stdout.isatty() else 160)
    told: object
    try:
        if given.train is not None:
            table, told = quality_table(given)
        else:
            with tempfile.TemporaryDirectory() as folder:
                costs = [cost_of(name, given.board, given.rounds, given.threads, Path(folder)) for name in SIZES]
            table, told = cost_table(costs), [asdict(cost) for cost in costs]
    except (LabelsError, OSError, TrainingError, ValueError) as error:
        sys.exit(f"not measured: {error}")
    console.print(table)
    if given.json is not None:
        given.json.write_text(json.dumps(told, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
