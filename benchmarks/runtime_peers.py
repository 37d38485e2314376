"""Our networks on what else could run them, and what others deploy in their place, in turns in one run.

    python benchmarks/runtime_peers.py PHOTOGRAPHS [--docs] [--rounds 40] [--measure 192] [--calibrate 300]

PHOTOGRAPHS is a folder, or the manifest that `fundusgate calibration make` made of one. Wanted here: fundusgate[export]
and fundusgate[openvino]; NNCF gets an environment of its own below the cache folder or where --env says. What NNCF
makes is kept there too, so that a second run is quicker: about five minutes on a quiet machine. --docs writes the
record to benchmarks/data/runtime_peers.json and its tables into docs/peers.md; without a folder of photographs it makes
the tables of the record that is there.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from marked import rewrite
from peer.environment import PeerEnvironmentError, chosen_folder, make, python_of
from peer.machine import describe_machine
from peer.parity import Parity as Measured
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from runtime_peer import load, ours, quantized, record, table, turns
from runtime_peer.others import calls as others_calls

from fundusgate.calibration.manifest import CalibrationManifest, read_manifest
from fundusgate.calibration.selection import make_manifest
from fundusgate.export.accuracy.budget import Budget
from fundusgate.export.accuracy.photographs import PreparedSet
from fundusgate.runtime.backends.base import Backend, BackendError
from fundusgate.runtime.bundle import Bundle, BundleError, shipped_bundle
from fundusgate.runtime.manifest import ModelManifest, Precision, Role
from fundusgate.runtime.networks import with_working_points
from fundusgate.runtime.profile import Profile

REPOSITORY = Path(__file__).resolve().parents[1]
KEPT = REPOSITORY / "benchmarks" / "data" / "runtime_peers.json"
DOCS = REPOSITORY / "docs" / "peers.md"
MARKER = "runtime_peers"
PEER = "runtime-peer"
"""Folder in the cache: NNCF's environment, and beside it what NNCF made."""
PACKAGES = ("torch", "onnxruntime", "openvino")

DEFAULTS = {"rounds": 40, "calibrate": 300, "measure": 192, "threads": 1}

Tell = Callable[[str], None]


class Run:
    """One comparison.

    Args:
        asked: What the user asked for.
        photographs: To calibrate and to measure on.
        python: NNCF's interpreter; None where NNCF is left out.
        tell: Called with a sentence before every step.
    """

    def __init__(
        self, asked: argparse.Namespace, photographs: CalibrationManifest, python: Path | None, tell: Tell
    ) -> None:
        self._asked, self._photographs, self._python, self._tell = asked, photographs, python, tell
        self._bundle = Bundle.open(asked.bundle)
        gate = {role: self._bundle.first(role) for role in (Role.MAP, Role.SCORE)}
        self._gate: dict[Role, ModelManifest] = {role: model for role, model in gate.items() if model is not None}
        self._nncf: dict[str, Path] = {}
        self._versions = {name: metadata.version(name) for name in PACKAGES if _installed(name)}

    def measured(self, began: datetime) -> record.Record:
        """Quantize, hold to fp32, time."""
        self._quantize()
        parity, image_of = self._parity()
        timed, share = self._time(image_of)
        graphs = {
            f"{model.name} {precision.value}": model.files[precision].sha256
            for model in self._gate.values()
            for precision in (Precision.FP32, Precision.INT8_CPU)
            if precision in model.files
        }
        return record.Record(
            command=command_of(self._asked),
            began_at=began.astimezone(timezone.utc).isoformat(timespec="seconds"),
            machine=describe_machine(),
            versions=self._versions,
            threads=self._asked.threads,
            rounds=self._asked.rounds,
            others_share=share,
            bundle=graphs,
            calibrated_on=len(self._photographs.calibration),
            measured_on=len(self._photographs.parity),
            photographs_sha256=self._asked.whole_sha256,
            same_calibration={model.calibration_sha256 for model in self._gate.values()} == {self._asked.whole_sha256},
            timed=timed,
            parity=parity,
        )

    def _quantize(self) -> None:
        if self._python is None:
            return
        self._versions["nncf"] = quantized.nncf_version()
        kept = self._python.parents[1].with_name(f"{PEER}-kept")
        kept.mkdir(parents=True, exist_ok=True)
        wanted = {}
        for role, model in self._gate.items():
            graph = self._bundle.graph_path(model.name, Precision.FP32)
            out = quantized.kept_path(kept, graph, self._photographs, transformer=role is Role.SCORE)
            if not out.is_file():
                wanted[role] = (model, graph, out)
            self._nncf[model.name] = out
        if not wanted:
            return
        with tempfile.TemporaryDirectory(prefix="fundusgate-nncf-") as held:
            hows = [model.preprocessing for model, _, _ in wanted.values()]
            tell = partial(self._counted, "preparing photographs for NNCF")
            pixels = quantized.write_pixels(self._photographs, hows, Path(held), tell)
            for role, (model, graph, out) in wanted.items():
                self._tell(f"{model.name}: NNCF quantizes (a minute or two)")
                how = model.preprocessing
                quantized.quantize(self._python, graph, pixels[how], out, transformer=role is Role.SCORE)

    def _parity(self) -> tuple[list[record.Parity], dict[str, np.ndarray[Any, Any]]]:
        with tempfile.TemporaryDirectory(prefix="fundusgate-peers-") as held:
            prepared = PreparedSet.prepare(
                self._photographs,
                self._photographs.parity,
                self._gate[Role.MAP].preprocessing,
                [model.preprocessing for model in self._gate.values()],
                Path(held) / "parity",
                partial(self._counted, "preparing photographs to measure on"),
            )
            image_of = {model.name: next(iter(prepared.inputs(model.preprocessing))) for model in self._gate.values()}
            reference = {role: self._outputs(ours.ORT_FP32, model, prepared) for role, model in self._gate.items()}
            profile = with_working_points(Profile.load(), self._gate)
            measured = Measured(prepared, profile, self._gate, reference, Budget.load())
            found = []
            for what in ours.QUANTIZED:
                try:
                    outputs = {role: self._outputs(what, model, prepared) for role, model in self._gate.items()}
                except (BackendError, ours.PeerError) as error:
                    self._tell(f"{what}: {error}")
                    continue
                found.append(_row(what, self._gate, measured, outputs))
        return found, image_of

    def _outputs(self, what: str, model: ModelManifest, prepared: PreparedSet) -> dict[str, np.ndarray[Any, Any]]:
        self._tell(f"{model.name}, {what}: {len(prepared.photographs)} photographs")
        gathered: dict[str, list[np.ndarray[Any, Any]]] = {output.name: [] for output in model.outputs}
        with self._backend(what, model) as backend:
            for image in prepared.inputs(model.preprocessing):
                for name, value in backend.infer(image).items():
                    gathered[name].append(value)
        return {name: np.stack(values) for name, values in gathered.items()}

    def _backend(self, what: str, model: ModelManifest) -> Backend:
        return ours.backend_of(what, self._bundle, model, self._nncf.get(model.name), self._asked.threads)

    def _time(self, image_of: dict[str, np.ndarray[Any, Any]]) -> tuple[list[record.Timed], float | None]:
        failed: dict[tuple[str, str], str] = {}
        calls: dict[str, Callable[[], object]] = {}
        apart: dict[tuple[str, str], float] = {}
        with contextlib.ExitStack() as opened:
            for model in self._gate.values():
                image = image_of[model.name]
                with self._backend(ours.ORT_FP32, model) as backend:
                    reference = backend.infer(image)
                for what in ours.EVERY:
                    self._tell(f"{model.name}, {what}: opening")
                    try:
                        made = ours.ready(
                            what,
                            self._bundle,
                            model,
                            image,
                            reference,
                            self._nncf.get(model.name),
                            self._asked.threads,
                            opened,
                        )
                    except ours.PeerError as error:
                        failed[model.name, what] = str(error)
                        continue
                    calls[f"{model.name}\n{what}"] = made.call
                    apart[model.name, what] = made.apart
            self._tell("MCF-Net: opening")
            side_by_side = others_calls(image_of[self._gate[Role.MAP].name], self._asked.threads)
            calls |= {f"\n{what}": call for what, call in side_by_side.items()}
            before = load.now()
            spent = turns.in_turns(calls, self._asked.rounds, partial(self._counted, "timing, round"))
            share = load.others_share(before, load.now(), os.cpu_count() or 1)
        timed = []
        for key, found in spent.items():
            network, _, what = key.partition("\n")
            rounded = [[round(sample, 4) for sample in turn] for turn in found]
            timed.append(record.Timed(network=network, what=what, apart=apart.get((network, what)), turns=rounded))
        timed += [record.Timed(network=network, what=what, failed=why) for (network, what), why in failed.items()]
        return timed, share

    def _counted(self, what: str, done: int, of: int) -> None:
        self._tell(f"{what} {done} of {of}")


def _row(what: str, gate: dict[Role, ModelManifest], measured: Measured, outputs: dict[Role, Any]) -> record.Parity:
    groups = {gate[role].name: {role: outputs[role]} for role in gate} | {table.ALL: outputs}
    flips = {name: measured.flips(group)[0] for name, group in groups.items()}
    return record.Parity(
        what=what,
        flips={name: record.Flips(hits=f.hits, trials=f.trials, low=f.low, high=f.high) for name, f in flips.items()},
        score_p99=measured.figures(Role.SCORE, outputs[Role.SCORE])[0]["p99"],
        map_p99=measured.figures(Role.MAP, outputs[Role.MAP])[0]["p99"],
    )


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def manifest_of(asked: argparse.Namespace, tell: Tell) -> CalibrationManifest:
    """The photographs: of each set the first, which are as even over strata as all of them."""
    source = asked.photographs
    if source.is_dir():
        # as many as export chooses of, so that its sets and these are the same
        whole, _ = make_manifest(source, progress=lambda done, of: tell(f"opening photographs, {done} of {of}"))
    else:
        whole = read_manifest(source)
    asked.whole_sha256 = whole.sha256
    kept = {"calibration": whole.calibration[: asked.calibrate], "parity": whole.parity[: asked.measure]}
    return whole.model_copy(update=kept)


def command_of(asked: argparse.Namespace) -> str:
    """The command, but for what names folders of this machine."""
    words = [f"--{name} {getattr(asked, name)}" for name, usual in DEFAULTS.items() if getattr(asked, name) != usual]
    words += ["--without-nncf"] if asked.without_nncf else []
    return " ".join(["python benchmarks/runtime_peers.py PHOTOGRAPHS", *words])


def options() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path, nargs="?")
    parser.add_argument("--docs", action="store_true", help="write the record and docs/peers.md")
    parser.add_argument("--json", type=Path, help="write the record there")
    parser.add_argument("--bundle", type=Path, default=shipped_bundle(), help="whose graphs run")
    parser.add_argument("--env", type=Path, help="NNCF's environment; made where it is not there")
    parser.add_argument("--without-nncf", action="store_true", help="leave NNCF out")
    parser.add_argument("--rounds", type=int, default=DEFAULTS["rounds"], help="turns of each thing to time")
    parser.add_argument(
        "--calibrate", type=int, default=DEFAULTS["calibrate"], help="photographs for NNCF, its own default"
    )
    parser.add_argument(
        "--measure", type=int, default=DEFAULTS["measure"], help="photographs whose verdicts are compared"
    )
    parser.add_argument("--threads", type=int, default=DEFAULTS["threads"], help="of every engine")
    asked = parser.parse_args()
    if asked.photographs is None and not asked.docs:
        parser.error("give PHOTOGRAPHS, or --docs alone to write the tables of the record that is there")
    return asked


def measure(asked: argparse.Namespace, screen: Console) -> record.Record:
    """Make what is missing and measure."""
    torch.set_num_threads(asked.threads)
    cv2.setNumThreads(asked.threads)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def tell(step: str) -> None:
            bar.update(task, description=step)

        began = datetime.now(timezone.utc)
        python = None
        if not asked.without_nncf:
            environment = chosen_folder(asked.env, name=PEER)
            make(environment, tell, quantized.REQUIREMENTS)
            python = python_of(environment)
        photographs = manifest_of(asked, tell)
        return Run(asked, photographs, python, tell).measured(began)


def main() -> int:
    """Measure, print, write."""
    asked = options()
    screen = Console()
    try:
        found = record.Record.read(KEPT) if asked.photographs is None else measure(asked, screen)
        if asked.json:
            found.save(asked.json)
        if asked.docs:
            if asked.photographs is not None:
                found.save(KEPT)
            rewrite(DOCS, MARKER, table.as_markdown(found))
    except (PeerEnvironmentError, quantized.QuantizingError, BundleError, BackendError, ValueError, OSError) as error:
        screen.print(f"[red]not compared:[/red] {error}", highlight=False, soft_wrap=True)
        return 1
    print(table.as_markdown(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
