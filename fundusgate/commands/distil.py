"""`fundusgate distil`: a network for the camera taught by a published one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fundusgate.distillation.students import Nearness


def distil(
    name: Annotated[
        str, typer.Argument(help="The student: efiqa-cp-edge (taught by efiqa-cp) or fthnet-s (fthnet-l).")
    ],
    data: Annotated[
        Path, typer.Option(help="Folder of photographs; labels are not needed.", exists=True, file_okay=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, the log and the weights.")],
    teacher: Annotated[
        Path | None,
        typer.Option(help="Weights of the teacher: efiqa-cp's context network, or fthnet-l.", exists=True),
    ] = None,
    backbone: Annotated[
        Path | None, typer.Option(help="Folder of DINOv3 ViT-L/16's weights, for efiqa-cp.", file_okay=False)
    ] = None,
    random_teacher: Annotated[
        bool, typer.Option("--random-teacher", help="A teacher with random weights: to try the machinery, no more.")
    ] = False,
    teacher_size: Annotated[int, typer.Option(help="Side of the photograph that efiqa-cp sees: 1024, or less.")] = 1024,
    most: Annotated[int, typer.Option(help="Photographs at most.", min=10)] = 5000,
    views: Annotated[int, typer.Option(help="Views of each photograph.", min=1)] = 4,
    features: Annotated[bool, typer.Option(help="Learn the direction of efiqa-cp's features, too.")] = True,
    start: Annotated[
        Path | None, typer.Option(help="The student's weights before; the shipped ones unless given.", exists=True)
    ] = None,
    steps: Annotated[int, typer.Option(help="Optimizer steps.", min=1)] = 4000,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate; the student's unless given.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of views, order and augmentation.")] = 1,
    threads: Annotated[int, typer.Option(help="PyTorch's threads.", min=1)] = 1,
    workers: Annotated[int, typer.Option(help="Processes that make samples.", min=0)] = 1,
    cache: Annotated[
        Path | None, typer.Option(help="Where the teacher's answers are kept; OUT/cache unless given.")
    ] = None,
) -> None:
    """Teach a network for the camera by a published one, on photographs that need no labels.

    The teacher is asked once about every view; its answers stay in the cache. The student learns them, and is measured
    on photographs of other patients before and after. Interrupt it at any time: the same command goes on.

    Examples:
        fundusgate distil efiqa-cp-edge --teacher context.pth --backbone dinov3-vitl16 --data photographs --out runs/d

        fundusgate distil fthnet-s --teacher net_g_226264S4.pth --data photographs --out runs/score

        fundusgate distil efiqa-cp-edge --random-teacher --teacher-size 224 --steps 50 --data photographs --out trial
    """
    from rich.console import Console
    from rich.markup import escape

    from fundusgate.commands.stages import stages

    console = Console(stderr=True)
    try:
        from fundusgate.calibration.manifest import CalibrationError
        from fundusgate.distillation.run import DistillationOrder
        from fundusgate.distillation.run import distil as distil_network
        from fundusgate.distillation.teachers import TeacherError
        from fundusgate.export.specs import ExportError
        from fundusgate.models.checkpoints import CheckpointError
        from fundusgate.models.weights import WeightsError, shipped_weights
        from fundusgate.training.loop import TrainingError
    except ModuleNotFoundError as error:
        missing = f"{error.name} is not installed; pip install 'fundusgate[training,export]' on a workstation"
        console.print(f"[red]not distilled:[/red] {escape(missing)}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    try:
        order = DistillationOrder(
            name=name,
            teacher=teacher,
            backbone=backbone,
            random_teacher=random_teacher,
            teacher_side=teacher_size,
            data=data,
            most=most,
            views=views,
            features=features,
            start=start or shipped_weights(name),
            out=out,
            cache=cache or out / "cache",
            steps=steps,
            learning_rate=learning_rate,
            seed=seed,
            threads=threads,
            workers=workers,
        )
        done = distil_network(order, lambda: stages(console))
    except (
        CalibrationError,
        CheckpointError,
        ExportError,
        OSError,
        TeacherError,
        TrainingError,
        WeightsError,
    ) as error:
        console.print(f"[red]not distilled:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    for sentence in done.lessons.skipped:
        console.print(f"left out: {escape(sentence)}", highlight=False, soft_wrap=True)
    typer.echo(
        f"teacher: {done.teacher}; {len(done.lessons.learnt)} views learnt, {len(done.lessons.held_out)} held out"
    )
    typer.echo(f"before: {_told(done.before)}")
    typer.echo(f"after:  {_told(done.after)}")
    if done.weights is None:
        typer.echo("not distilled: the student came no nearer to its teacher; nothing was written", err=True)
        raise typer.Exit(1)
    typer.echo(f"weights: {done.weights}")


def _told(nearness: Nearness) -> str:
    return (
        f"correlation with the teacher {nearness.linear:.3f} (rank {nearness.rank:.3f}), "
        f"error {nearness.error:.3g}, on {nearness.count}"
    )
