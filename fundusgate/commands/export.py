"""`fundusgate export`: networks to a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.export.quantization.targets import Form, Target
    from fundusgate.export.quantize import Quantization


def export(
    out: Annotated[Path, typer.Option(help="The bundle's folder; an older bundle there is replaced in one step.")],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[@SIZE][=CHECKPOINT]",
            help="A network, with the shipped weights or your own; repeatable. efiqa-cp also takes a smaller"
            " photograph: efiqa-cp@512.",
        ),
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(
            help="A folder of photographs, or the manifest that `fundusgate calibration make` made of one; without it"
            " the bundle holds fp32 alone.",
            exists=True,
        ),
    ] = None,
    backbone: Annotated[
        Path | None, typer.Option(help="Folder of DINOv3 ViT-L/16's weights, for efiqa-cp and efiqa.", file_okay=False)
    ] = None,
    jetpack: Annotated[
        str,
        typer.Option(
            help="The oldest JetPack whose TensorRT shall take the graphs as they are: weights are stored in float"
            " before 6.1, and 5.1 gets opset 16. `fundusgate compile` takes any bundle from 6.0 on."
        ),
    ] = "6.1",
    method: Annotated[
        str, typer.Option(help="How ranges are drawn from what was seen: minmax, percentile or entropy.")
    ] = "percentile",
    budget: Annotated[
        Path | None, typer.Option(help="TOML file: what INT8 may cost; see fundusgate/export/budget.toml.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder for the accuracy report; OUT-report beside the bundle unless given.")
    ] = None,
) -> None:
    """Export networks to a bundle that a camera can open; without --model, every network with shipped weights.

    Each graph is compared with its network before anything is published. With --calibration, INT8 and half precision
    are made beside it and measured on photographs that no range was learnt from; where they cost more than the budget
    allows, nothing is published. Example:

        fundusgate export --out bundle --calibration photographs --model fthnet-l=net_g.pth --model efiqa-cp-edge

        fundusgate export --out bundle --model efiqa-cp@512=context.pth --backbone dinov3-vitl16
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from fundusgate.runtime.backends.base import BackendError
    from fundusgate.runtime.bundle import Bundle
    from fundusgate.runtime.manifest import Precision

    console = Console(stderr=True)
    reports = out.with_name(f"{out.name}-report") if report is None else report
    try:
        from fundusgate.export.pipeline import ExportRequest, default_requests, export_bundle

        form, targets = _forms(jetpack)
        requests = [ExportRequest.parse(text, backbone) for text in model] if model else default_requests()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("exporting", total=None)

            def tell(step: str) -> None:
                bar.update(task, description=escape(step))

            chosen = None if calibration is None else _quantization(calibration, method, budget, reports, targets, tell)
            export_bundle(requests, out, chosen, tell, form)
    except ModuleNotFoundError as error:
        missing = escape(f"{error.name} is not installed; pip install 'fundusgate[export]' on a workstation")
        console.print(f"[red]not exported:[/red] {missing}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    except (ValueError, OSError, BackendError) as error:
        console.print(f"[red]not exported:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    for written in Bundle.open(out).manifest.models:
        parity = written.parity[Precision.FP32]
        worst = max(parity.max_abs_difference.values())
        pictures = "one picture" if parity.images == 1 else f"{parity.images} pictures"
        held = ", ".join(precision.value for precision in written.files)
        typer.echo(f"{written.name}: {held}; fp32 is within {worst:.1e} of the network on {pictures}")
    if chosen is not None:
        from fundusgate.export.accuracy.tell import TEXT_NAME

        typer.echo((reports / TEXT_NAME).read_text(encoding="utf-8"))
        typer.echo(f"report: {reports}")
    typer.echo(f"bundle: {out}")


def _forms(jetpack: str) -> tuple[Form, tuple[Target, ...]]:
    from fundusgate.export.quantization.targets import form_for, targets_in
    from fundusgate.export.readiness.jetpacks import UnknownTargetError, jetpacks_of

    try:
        oldest, *_ = jetpacks_of(jetpack)
    except UnknownTargetError as error:
        raise typer.BadParameter(str(error), param_hint="--jetpack") from error
    form = form_for(oldest)
    return form, targets_in(form)


def _quantization(
    source: Path,
    method: str,
    budget: Path | None,
    report: Path,
    targets: tuple[Target, ...],
    tell: Callable[[str], None],
) -> Quantization:
    from fundusgate.calibration.cache import default_cache
    from fundusgate.calibration.manifest import read_manifest
    from fundusgate.calibration.ranges import Method
    from fundusgate.calibration.selection import make_manifest
    from fundusgate.export.accuracy.budget import Budget
    from fundusgate.export.quantize import Quantization

    known = [item.value for item in Method]
    if method not in known:
        raise typer.BadParameter(f"{method!r} is none of {', '.join(known)}", param_hint="--method")
    if source.is_dir():
        chosen, _ = make_manifest(source, progress=lambda done, of: tell(f"opening photographs, {done} of {of}"))
        chosen.save(report / "calibration.json")
    else:
        chosen = read_manifest(source)
    return Quantization(chosen, Method(method), Budget.load(budget), default_cache(), report, targets)
