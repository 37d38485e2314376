"""fundusgate's INT8 graphs beside NVIDIA ModelOpt's, of the same networks, photographs and pre-processing.

    python benchmarks/modelopt_peer.py PHOTOGRAPHS --out FOLDER [--env DIR] [--calibrate 128] [--measure 256]

PHOTOGRAPHS is a folder, or the manifest that `fundusgate calibration make` made of one. ModelOpt gets an environment of
its own below the cache folder or where --env says; this one is not touched. Nothing is put back in float by the
accuracy search: the table compares what each quantizer makes by its rules. FOLDER receives the graphs, modelopt.json
and modelopt.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from peer.comparison import Comparison
from peer.environment import PeerEnvironmentError, chosen_folder, make, python_of
from peer.machine import describe_machine
from peer.table import as_markdown, as_tables
from peer.variants import By, all_variants, chosen
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from fundusgate.calibration.manifest import CalibrationManifest, read_manifest
from fundusgate.calibration.ranges import Method
from fundusgate.calibration.selection import make_manifest
from fundusgate.runtime.bundle import BundleError, shipped_bundle


def manifest_of(source: Path, calibrate: int, measure: int) -> CalibrationManifest:
    """The photographs: of a manifest the first of each set, which are as even over strata as all of them."""
    whole = make_manifest(source, max(calibrate, measure))[0] if source.is_dir() else read_manifest(source)
    return whole.model_copy(update={"calibration": whole.calibration[:calibrate], "parity": whole.parity[:measure]})


def options() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for graphs, modelopt.json and modelopt.md")
    parser.add_argument("--env", type=Path, help="ModelOpt's environment; made where it is not there")
    parser.add_argument("--bundle", type=Path, default=shipped_bundle(), help="whose fp32 graphs are quantized")
    parser.add_argument("--calibrate", type=int, default=128, help="photographs to calibrate on")
    parser.add_argument("--measure", type=int, default=256, help="photographs to measure on")
    parser.add_argument(
        "--methods",
        nargs="+",
        choices=[method.value for method in Method],
        default=[Method.PERCENTILE.value],
        help="how fundusgate draws ranges",
    )
    parser.add_argument("--why", action="store_true", help="add graphs that take one thing from the other quantizer")
    parser.add_argument("--only", nargs="*", default=[], help="variants whose name holds one of these words")
    parser.add_argument("--rounds", type=int, default=40, help="inferences of each graph to time")
    parser.add_argument("--threads", type=int, default=1, help="ONNX Runtime's, while timing")
    return parser.parse_args()


def main() -> int:
    """Make what is missing, measure, write."""
    asked = options()
    screen = Console()
    try:
        environment = chosen_folder(asked.env)
        variants = chosen(all_variants(asked.methods, why=asked.why), asked.only)
        asked.out.mkdir(parents=True, exist_ok=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Progress(*columns, console=screen, transient=True) as bar:
            task = bar.add_task("starting", total=None)

            def tell(step: str) -> None:
                bar.update(task, description=step)

            if any(variant.by is By.MODELOPT for variant in variants):
                make(environment, tell)
            tell("choosing photographs")
            photographs = manifest_of(asked.photographs, asked.calibrate, asked.measure)
            comparison = Comparison(asked.bundle, photographs, asked.out, python_of(environment), tell)
            results = comparison.run(
                variants,
                rounds=asked.rounds,
                threads=asked.threads,
                machine=describe_machine(),
                command=" ".join(["python", "benchmarks/modelopt_peer.py", "PHOTOGRAPHS", *sys.argv[2:]]),
            )
    except (PeerEnvironmentError, BundleError, ValueError, OSError) as error:
        screen.print(f"[red]not compared:[/red] {error}", highlight=False, soft_wrap=True)
        return 1
    results.save(asked.out / "modelopt.json")
    (asked.out / "modelopt.md").write_text(as_markdown(results), encoding="utf-8")
    for table in as_tables(results):
        screen.print(table)
    screen.print(f"written: {asked.out / 'modelopt.json'}, {asked.out / 'modelopt.md'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
