"""One order: a teacher and photographs in, a student that comes nearer to its teacher out."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import torch

from fundusgate.calibration.candidates import list_candidates, thin
from fundusgate.distillation.lessons import make_lessons
from fundusgate.distillation.map_student import MapStudent
from fundusgate.distillation.score_student import ScoreStudent
from fundusgate.distillation.teachers import MapTeacher, ScoreTeacher, TeacherError
from fundusgate.models import build
from fundusgate.models.weights import read_card
from fundusgate.runtime.preprocessing import PREPROCESSING_VERSION
from fundusgate.training.loop import LoopSettings, train
from fundusgate.training.negatives import pictures_without_retina
from fundusgate.training.run import write_weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from fundusgate.distillation.lessons import Lessons
    from fundusgate.distillation.students import Nearness, Student
    from fundusgate.distillation.teachers import Teacher

    Stages = Callable[[], AbstractContextManager[Callable[[str, int], Callable[[], None]]]]

LEAST_PHOTOGRAPHS = 10
PICTURES = 120
"""Phantom pictures without a retina among a map student's."""
TERMS = "as its teacher's weights and its photographs'"


@dataclass(frozen=True)
class DistillationOrder:
    """Who is taught by whom, on what.

    Attributes:
        name: Of the student: efiqa-cp-edge or fthnet-s.
        teacher: Weights of its teacher: the context network of efiqa-cp, or fthnet-l.
        backbone: Folder of DINOv3 ViT-L/16's weights, for efiqa-cp.
        random_teacher: Take random weights where none are given: a trial of the machinery.
        teacher_side: Pixels of the photograph that efiqa-cp sees.
        data: Folder of photographs; labels are not used.
        most: Photographs at most.
        views: Of each photograph.
        features: Whether efiqa-cp's features are learnt, too.
        start: The student's weights before.
        out: Folder for checkpoints, the log and the weights.
        cache: Folder for the teacher's answers.
        steps: Optimizer steps.
        learning_rate: Peak; the student's own unless given.
        seed: Of everything random.
        threads: PyTorch's.
        workers: Processes that make samples.
    """

    name: str
    teacher: Path | None
    backbone: Path | None
    random_teacher: bool
    teacher_side: int
    data: Path
    most: int
    views: int
    features: bool
    start: Path | None
    out: Path
    cache: Path
    steps: int
    learning_rate: float | None
    seed: int
    threads: int
    workers: int


@dataclass(frozen=True, eq=False)
class Distillation:
    """What came of it.

    Attributes:
        teacher: Which, in words.
        lessons: What was learnt from and measured on.
        before: Nearness of the weights that it began with, on photographs that are not learnt from.
        after: The same of the student.
        weights: The file; None where the student came no nearer.
    """

    teacher: str
    lessons: Lessons
    before: Nearness
    after: Nearness
    weights: Path | None


def distil(order: DistillationOrder, stages: Stages) -> Distillation:
    """Ask the teacher once about every view, then train the student on its answers.

    Args:
        order: What to do.
        stages: Gives a context whose value is told a stage's name and length and gives what is called at each step.

    Raises:
        TeacherError: No teacher was given, or it has no such pupil.
        CheckpointError: Weights do not fit.
        ExportError: The teacher takes no photograph of that side.
        CalibrationError: The folder holds no photographs.
        TrainingError: The training went wrong, or its folder holds one of other settings.
    """
    torch.set_num_threads(order.threads)
    student = _student(order)
    lessons, told = _lessons(order, stages)
    torch.manual_seed(order.seed)
    network = build(order.name, order.start).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    before = copy.deepcopy(network).eval().requires_grad_(False)
    with stages() as stage:
        advance = stage("before", 1)
        was = student.nearness(network, lessons.held_out)
        student.begin(network, lessons.learnt)
        advance()
    settings = LoopSettings(
        steps=order.steps,
        batch=student.batch,
        learning_rate=order.learning_rate or student.learning_rate,
        warmup=max(1, min(100, order.steps // 10)),
        # An average over more than the run would still hold its beginning.
        average=min(0.998, 1 - 10 / max(20, order.steps)),
        seed=order.seed,
        workers=order.workers,
        threads=order.threads,
        slow=student.slow,
    )
    pictures = (
        pictures_without_retina(order.seed, min(PICTURES, order.steps)) if isinstance(student, MapStudent) else []
    )
    samples = student.samples(lessons.learnt, pictures, order.seed)
    averaged = train(
        student.while_training(network), samples, student.loss(before, lessons.learnt), settings, order.out
    )
    kept = averaged.get_submodule("network").eval()
    with stages() as stage:
        advance = stage("after", 1)
        now = student.nearness(kept, lessons.held_out)
        advance()
    weights = None
    if now.linear > was.linear:
        weights = write_weights(kept, order.out / f"{order.name}.safetensors", _card(order, told, lessons, was, now))
    return Distillation(told, lessons, was, now, weights)


def _student(order: DistillationOrder) -> Student:
    students: dict[str, Callable[[], Student]] = {
        "efiqa-cp-edge": lambda: MapStudent(features=order.features),
        "fthnet-s": ScoreStudent,
    }
    if order.name not in students:
        raise TeacherError(f"nobody teaches {order.name!r}; students are {', '.join(students)}")
    return students[order.name]()


def _teacher(order: DistillationOrder) -> Teacher:
    if order.name == "efiqa-cp-edge":
        if (order.teacher is None or order.backbone is None) and not order.random_teacher:
            raise TeacherError(
                "efiqa-cp teaches efiqa-cp-edge: give its context network with --teacher and the folder of DINOv3"
                " ViT-L/16's weights with --backbone (or --random-teacher, to try the machinery)"
            )
        return MapTeacher(order.teacher, order.backbone, order.teacher_side, order.seed)
    if order.teacher is None and not order.random_teacher:
        raise TeacherError(
            "fthnet-l teaches fthnet-s: give its weights with --teacher (or --random-teacher, to try the machinery)"
        )
    return ScoreTeacher(order.teacher, order.seed)


def _lessons(order: DistillationOrder, stages: Stages) -> tuple[Lessons, str]:
    """The lessons, and the teacher in words; the teacher's memory is free again when it returns."""
    photographs = thin(list_candidates(order.data), order.most, order.seed)
    if len(photographs) < LEAST_PHOTOGRAPHS:
        raise TeacherError(
            f"{order.data} holds {len(photographs)} photographs; {LEAST_PHOTOGRAPHS} are needed at least"
        )
    with stages() as stage:
        advance = stage("opening the teacher", 1)
        teacher = _teacher(order)
        advance()
        asked = stage("asking the teacher", len(photographs))
        lessons = make_lessons(photographs, teacher, order.views, order.seed, order.cache, asked)
    if not len(lessons.learnt) or not len(lessons.held_out):
        raise TeacherError(
            f"{len(lessons.learnt)} views of {order.data} are to be learnt and {len(lessons.held_out)} held out: "
            "more photographs or patients are needed"
        )
    return lessons, teacher.told


def _card(order: DistillationOrder, told: str, lessons: Lessons, was: Nearness, now: Nearness) -> dict[str, str]:
    began = "random weights" if order.start is None else read_card(order.start).version
    return {
        "version": f"{date.today():%Y.%m.%d}-distilled-s{order.steps}-seed{order.seed}",
        "framing": "disc",
        "preprocessing": str(PREPROCESSING_VERSION),
        "data": f"{len(lessons.learnt)} views of photographs with the answers of {told}; begun from {began}",
        "nearness": f"correlation with its teacher, {now.count} held out: {was.linear:.3f}, after {now.linear:.3f}",
        "licence": "weights: as their data",
        "terms": TERMS,
    }
