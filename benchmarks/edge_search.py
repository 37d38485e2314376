"""Which widths and depths of the edge network learn best within its budget, by successive halving.

    python benchmarks/edge_search.py PHOTOGRAPHS [--shapes 16] [--steps 60] [--keep 2] [--hold-out eyeq_hi]
    python benchmarks/edge_search.py --list [--shapes 16]

Budget: 1.5 GMAC at 512 px, 4 M parameters, plain 3x3 convolutions whose channels 16 divides. Every shape is trained by
the map's recipe, shortly, without one source; half of them go on with twice the steps from where they were, until one
is left; the shipped shape goes along to the end. Quality is measured on the source that was held out: the mean of the
cell AUROC on made faults and the AUC of good over reject by the map's mean. Resumable; what is done is kept in --out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from choice.figures import auc_of
from rich.console import Console
from rich.table import Table
from search.family import SHIPPED, EdgeVariant, Shape, VariantTraining, cost_of, shapes_within
from search.halving import Result, halve
from sklearn.metrics import roc_auc_score
from torch.utils.data import default_collate

from fundusgate.runtime.photograph import read_photograph
from fundusgate.training.frames import FrameStore, open_frames
from fundusgate.training.judging import framed_photograph, map_opinions
from fundusgate.training.loop import LoopSettings, TrainingError, train
from fundusgate.training.negatives import pictures_without_retina
from fundusgate.training.photographs import LabelsError, PhotographRecord, Quality, read_records
from fundusgate.training.run import recipe_of
from fundusgate.training.samples import normalised
from fundusgate.training.whitening import whiten_first_layer

if TYPE_CHECKING:
    from torch.utils.data import Dataset

MEASURED = 64
"""Samples with made faults, and photographs of each label, that quality is measured on."""


class Search:
    """What all trainings share.

    Args:
        records: All photographs.
        hold_out: The source that judges.
        folder: For everything that is kept.
        seed: Of everything random.
        threads: PyTorch's.
    """

    def __init__(self, records: list[PhotographRecord], hold_out: str, folder: Path, seed: int, threads: int) -> None:
        self.recipe = recipe_of("efiqa-cp-edge", for_int8=False)
        self.folder, self.seed, self.threads = folder, seed, threads
        labelled = [record for record in records if record.quality is not None and record.split != "val"]
        self.judging = [record for record in labelled if record.source == hold_out and not record.weak]
        if not {Quality.GOOD, Quality.REJECT} <= {record.quality for record in self.judging}:
            raise ValueError(f"source {hold_out!r} has not both good photographs and rejects: hold out another")
        self.store = self._frames([record for record in labelled if record.source != hold_out])
        pictures = pictures_without_retina(seed, 60)
        self.samples = self.recipe.samples(self.store, (), pictures, seed)
        self.unseen: Dataset[Any] = self.recipe.samples(self._frames(self.judging), (), pictures, seed + 1)

    def _frames(self, records: list[PhotographRecord]) -> FrameStore:
        return open_frames(records, self.folder / "frames")

    def trained(self, shape: Shape, rung: int, steps: int) -> float:
        """Train one shape on one rung, from where it was on the last, and measure it."""
        torch.manual_seed(self.seed)
        network = EdgeVariant(shape).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        before = self.folder / f"{shape.name}-rung{rung - 1}.pt"
        if before.is_file():
            network.load_state_dict(torch.load(before, weights_only=True))
        else:
            whiten_first_layer(network, self.recipe.first_layer, self.store, self.recipe.size, self.seed)
        settings = LoopSettings(
            steps=steps,
            batch=self.recipe.batch,
            learning_rate=self.recipe.learning_rate,
            warmup=max(1, steps // 10),
            average=min(0.998, 1 - 10 / max(20, steps)),
            seed=self.seed + rung,
            workers=0,
            threads=self.threads,
        )
        folder = self.folder / f"{shape.name}-rung{rung}"
        averaged = train(VariantTraining(network), self.samples, self.recipe.loss, settings, folder)
        kept = averaged.get_submodule("network")
        partial = folder.with_suffix(".partial")
        torch.save(kept.state_dict(), partial)
        partial.replace(folder.with_name(f"{folder.name}.pt"))
        return self.quality(kept.eval())

    def quality(self, network: torch.nn.Module) -> float:
        """Mean of the cell AUROC and of the AUC of good over reject, on the source that was held out."""
        hidden, untouched = [], []
        with torch.inference_mode():
            for start in range(0, MEASURED, 8):
                batch = default_collate([self.unseen[index] for index in range(start, start + 8)])
                logits = network(normalised(batch["image"])).float()[:, 0]
                eye = (batch["retina"] > 0)[:, None, None]
                hidden.append(logits[batch["positive"] & eye])
                untouched.append(logits[batch["unlabelled"] & eye])
        values = [torch.cat(part).numpy() for part in (untouched, hidden)]
        truth = np.repeat([0, 1], [len(part) for part in values])
        cells = float(roc_auc_score(truth, np.concatenate(values)))
        by_label = {}
        for quality in (Quality.GOOD, Quality.REJECT):
            chosen = [record for record in self.judging if record.quality is quality][:MEASURED]
            framed = [framed_photograph(read_photograph(record.path)) for record in chosen]
            by_label[quality] = [-each.hidden for each in map_opinions(network, framed)]
        whole = auc_of(by_label[Quality.GOOD], by_label[Quality.REJECT])
        return (cells + (whole.value if whole is not None else cells)) / 2


def table_of(shapes: list[Shape], results: list[Result]) -> Table:
    """A line a shape: what it costs, and its quality on each rung that it saw."""
    rungs = sorted({(result.rung, result.steps) for result in results})
    table = Table(title="edge networks within the budget", title_justify="left")
    for heading in ("shape", "GMAC", "parameters", *(f"{steps} steps" for _, steps in rungs)):
        table.add_column(heading, justify="left" if heading == "shape" else "right")
    best = {shape.name: max((r.rung, r.quality) for r in results if r.name == shape.name) for shape in shapes}
    for shape in sorted(shapes, key=lambda each: best[each.name], reverse=True):
        cost = cost_of(shape)
        own = {result.rung: f"{result.quality:.4f}" for result in results if result.name == shape.name}
        cells = (own.get(rung, "") for rung, _ in rungs)
        table.add_row(shape.name, f"{cost.gmac:.2f}", f"{cost.parameters / 1e6:.2f} M", *cells)
    return table


def options() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path, nargs="?")
    parser.add_argument("--list", action="store_true", help="print the shapes and their cost, train nothing")
    parser.add_argument("--shapes", type=int, default=16)
    parser.add_argument("--steps", type=int, default=60, help="of the first rung")
    parser.add_argument("--keep", type=int, default=2, help="one shape in so many goes on")
    parser.add_argument("--hold-out", default="eyeq_hi")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/edge-search"))
    return parser.parse_args()


def main() -> None:
    """Search, tabulate."""
    given = options()
    torch.set_num_threads(given.threads)
    console = Console(width=None if sys.stdout.isatty() else 160)
    shapes = shapes_within(given.shapes, given.seed)
    if given.list:
        for shape in shapes:
            cost = cost_of(shape)
            print(f"{shape.name:<32} {cost.gmac:5.2f} GMAC  {cost.parameters / 1e6:5.2f} M")
        return
    if given.photographs is None:
        sys.exit("not searched: name the folder of photographs, or --list")
    try:
        records = read_records(given.photographs)
        search = Search(records, given.hold_out, given.out, given.seed, given.threads)
        results = halve(
            shapes,
            given.steps,
            given.keep,
            given.out / f"log-{given.hold_out}-{given.seed}.jsonl",
            search.trained,
            lambda result: print(f"rung {result.rung}: {result.name} {result.quality:.4f}", flush=True),
            always=SHIPPED,
        )
    except (LabelsError, OSError, TrainingError, ValueError) as error:
        sys.exit(f"not searched: {error}")
    console.print(table_of(shapes, results))


if __name__ == "__main__":
    main()
