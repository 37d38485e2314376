"""`fundusgate bench`: from press to verdict, at a camera's cadence; and two runs compared."""

from __future__ import annotations

import json
import math
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from fundusgate.bench.record import BenchRecord
    from fundusgate.bench.run import Plan

bench = typer.Typer()

PHANTOM = "phantom"
DEFAULT_SIZE = 1024


class BackendChoice(str, Enum):
    """What runs the networks."""

    AUTO = "auto"
    TENSORRT = "tensorrt"
    CUDA = "cuda"
    CPU = "cpu"
    OPENVINO = "openvino"


class PrecisionChoice(str, Enum):
    """What runs."""

    AUTO = "auto"
    FP32 = "fp32"
    INT8 = "int8"


def _cadences(text: str) -> tuple[float | None, ...]:
    """`5,10,max` as numbers, and None for max."""
    found: list[float | None] = []
    for word in text.split(","):
        try:
            hertz = None if word.strip() == "max" else float(word)
        except ValueError:
            hertz = math.nan
        if hertz is not None and not (math.isfinite(hertz) and hertz > 0):
            raise typer.BadParameter(f"{word!r} is no cadence: give presses a second or max, such as 5,10,30,max")
        if hertz not in found:
            found.append(hertz)
    return tuple(found)


@bench.callback(invoke_without_command=True)
def measure(
    context: typer.Context,
    bundle: Annotated[Path | None, typer.Option(help="A bundle's folder; the shipped one unless given.")] = None,
    precision: Annotated[PrecisionChoice, typer.Option(help="Which graphs run.")] = PrecisionChoice.AUTO,
    backend: Annotated[BackendChoice, typer.Option(help="What runs the networks.")] = BackendChoice.AUTO,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of each network; every processor unless given.")
    ] = None,
    cadence: Annotated[str, typer.Option(help="Presses a second, and max for back to back.")] = "5,10,15,30,max",
    seconds: Annotated[float, typer.Option(min=0, help="At each cadence, at least.")] = 10.0,
    least: Annotated[int, typer.Option(min=1, help="Samples at each cadence, at least.")] = 100,
    warmup: Annotated[float, typer.Option(min=0, help="Seconds before the first sample of each cadence.")] = 2.0,
    photographs: Annotated[
        str, typer.Option(metavar="DIR|phantom", help="What is photographed: phantom eyes, or a folder's photographs.")
    ] = PHANTOM,
    size: Annotated[
        int | None,
        typer.Option(min=64, help=f"Pixels of the longer side; {DEFAULT_SIZE} for phantoms, else each one's own."),
    ] = None,
    camera: Annotated[
        str | None, typer.Option(metavar="URI", help="Press a real (or simulated) camera, such as v4l2:/dev/video0.")
    ] = None,
    soak: Annotated[
        float | None, typer.Option(metavar="MINUTES", help="Also go on for minutes at the last cadence.")
    ] = None,
    loadgen: Annotated[bool, typer.Option("--loadgen", help="Also let MLPerf LoadGen press (SingleStream).")] = False,
    trtexec: Annotated[Path | None, typer.Option(metavar="LOG", help="Show a log of trtexec beside it.")] = None,
    estimate: Annotated[
        str | None,
        typer.Option(
            metavar="BOARD",
            help="Measure nothing: estimate every network's times on a Jetson module, such as orin-nano; or all.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write bench.json and bench.png there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The record on stdout instead of tables.")] = False,
) -> None:
    """Measure from press to verdict: every stage, every sample kept, nothing clipped.

    The exit code is 1 when it cannot be measured. Examples:

        fundusgate bench --out today

        fundusgate bench --cadence 10,max --seconds 60 --soak 15 --loadgen --out soak

        fundusgate bench --estimate orin-nano

        fundusgate bench compare yesterday/bench.json today/bench.json
    """
    if context.invoked_subcommand is not None:
        return
    if estimate is not None:
        _estimate(estimate, bundle, as_json=as_json)
        return
    from rich.console import Console

    from fundusgate.bench.cadence import Effort
    from fundusgate.bench.errors import BenchError
    from fundusgate.bench.run import Plan
    from fundusgate.device.cameras.base import CameraError
    from fundusgate.runtime.assessor import AssessorError
    from fundusgate.runtime.backends.base import BackendError
    from fundusgate.runtime.bundle import BundleError
    from fundusgate.runtime.photograph import PhotographError

    if soak is not None and not (math.isfinite(soak) and soak > 0):
        raise typer.BadParameter(f"{soak} minutes: give more than 0", param_hint="--soak")
    plan = Plan(
        bundle=bundle,
        precision=precision.value,
        backend=backend.value,
        threads=threads,
        cadences=_cadences(cadence),
        effort=Effort(seconds=seconds, least=least, warm_up=warmup),
        soak_minutes=soak,
        loadgen=loadgen,
        flags={
            name: str(value) if isinstance(value, (Path, Enum)) else value
            for name, value in context.params.items()
            if name not in ("as_json", "out")
        },
    )
    errors = Console(stderr=True)
    try:
        log = None
        if trtexec is not None:
            from fundusgate.bench.trtexec import read_trtexec

            log = read_trtexec(trtexec)
        if out is not None:
            # a folder that cannot be made is told before minutes are spent, not after
            out.mkdir(parents=True, exist_ok=True)
        record = _measured(plan, photographs, size, camera, errors)
        if log is not None:
            record = record.model_copy(update={"trtexec": log.to_json_object()})
        if out is not None:
            _write(record, out, errors)
    except (BenchError, AssessorError, BundleError, BackendError, CameraError, PhotographError, OSError) as error:
        raise _failure(errors, "not measured", error) from error
    if as_json:
        typer.echo(record.model_dump_json())
        return
    from fundusgate.commands.bench_table import print_record, print_trtexec

    print_record(Console(), record)
    if log is not None:
        print_trtexec(Console(), log)


@bench.command("compare")
def compare_runs(
    before: Annotated[Path, typer.Argument(metavar="A.json", help="bench.json of one run.")],
    after: Annotated[Path, typer.Argument(metavar="B.json", help="And of the other.")],
    force: Annotated[bool, typer.Option("--force", help="Compare although the set-ups differ.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Say which differences between two runs are larger than the noise.

    Runs of unlike set-ups (another board, power mode, precision, bundle, size, cadence) are refused. Example:

        fundusgate bench compare yesterday/bench.json today/bench.json
    """
    from rich.console import Console

    from fundusgate.bench.compare import compare, remarks, unlikenesses
    from fundusgate.bench.errors import BenchError
    from fundusgate.bench.record import read_record
    from fundusgate.commands.bench_table import print_differences

    try:
        first, second = read_record(before), read_record(after)
        differences = compare(first, second, force=force)
    except BenchError as error:
        raise _failure(Console(stderr=True), "not compared", error) from error
    unlike, differing = unlikenesses(first.setup, second.setup), remarks(first, second)
    if as_json:
        rows = [difference.to_json_object() for difference in differences]
        typer.echo(json.dumps({"unlike": unlike, "remarks": differing, "differences": rows}))
        return
    print_differences(Console(), differences, [*unlike, *differing])


@bench.command("trtexec")
def show_trtexec(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="All that trtexec printed.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Read a log of NVIDIA's trtexec: its figures, and the flags that they were made with.

    All of its output is needed. Example:

        trtexec --loadEngine=fthnet-s.plan | tee fthnet-s.log; fundusgate bench trtexec fthnet-s.log
    """
    from rich.console import Console

    from fundusgate.bench.errors import BenchError
    from fundusgate.bench.trtexec import read_trtexec
    from fundusgate.commands.bench_table import print_trtexec

    try:
        found = read_trtexec(log)
    except BenchError as error:
        raise _failure(Console(stderr=True), "not read", error) from error
    if as_json:
        typer.echo(json.dumps(found.to_json_object()))
        return
    print_trtexec(Console(), found)


def _estimate(board: str, bundle: Path | None, *, as_json: bool) -> None:
    from rich.console import Console

    from fundusgate.commands.bench_estimate import estimate_json, modes_of, print_estimate, works_of

    errors = Console(stderr=True)
    modes = modes_of(board)
    try:
        works = works_of(bundle)
    except ModuleNotFoundError as error:
        missing = ModuleNotFoundError(
            f"{error.name} is not installed, which counting a bundle's graphs needs: pip install 'fundusgate[export]',"
            " or leave out --bundle to estimate every network by the counts that are here"
        )
        raise _failure(errors, "not estimated", missing) from error
    except ValueError as error:
        # of a bundle that is not whole, of a graph that cannot be read or counted
        raise _failure(errors, "not estimated", error) from error
    if as_json:
        typer.echo(json.dumps(estimate_json(works, modes)))
        return
    print_estimate(Console(), works, modes)


def _measured(plan: Plan, photographs: str, size: int | None, camera: str | None, console: Console) -> BenchRecord:
    from fundusgate.bench.photographs import from_folder, phantoms
    from fundusgate.bench.run import run
    from fundusgate.device.cameras.uri import open_camera

    with console.status("preparing photographs", refresh_per_second=2) as status:
        eye = None if camera is None else open_camera(camera)
        if photographs == PHANTOM:
            pictures = phantoms(DEFAULT_SIZE if size is None else size)
        else:
            pictures = from_folder(Path(photographs), size)
        return run(plan, pictures, eye, told=status.update)


def _write(record: BenchRecord, folder: Path, console: Console) -> None:
    from fundusgate.bench.errors import BenchError
    from fundusgate.bench.plot import write_plot

    (folder / "bench.json").write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")
    try:
        write_plot(record, folder / "bench.png")
    except BenchError as error:
        # the figures are safe; a picture can be made of them elsewhere
        console.print(str(error), markup=False, soft_wrap=True)


def _failure(console: Console, what: str, error: Exception) -> typer.Exit:
    from rich.markup import escape

    console.print(f"[red]{what}:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
    return typer.Exit(1)
