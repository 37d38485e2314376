from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open
from typer.testing import CliRunner

from fundusgate.calibration.candidates import list_candidates
from fundusgate.cli import app
from fundusgate.distillation import run, teachers
from fundusgate.distillation.lessons import is_held_out, make_lessons
from fundusgate.distillation.map_student import MapStudent
from fundusgate.distillation.run import DistillationOrder, distil
from fundusgate.distillation.teachers import Answer, MapTeacher, ScoreTeacher, Teacher
from fundusgate.models import build, dinov3
from fundusgate.models.weights import shipped_weights
from tests.training.adaptation.folder import photograph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray


class Brightness(Teacher):
    """Calls a cell the more degraded the brighter it is, and counts how often it was asked."""

    def __init__(self, *, scores: bool = False) -> None:
        super().__init__("brightness", 64, f"brightness-{scores}", "a teacher of brightness")
        self.asked = 0
        self.scores = scores

    def _answer(self, rgb: NDArray[np.uint8]) -> Answer:
        self.asked += 1
        if self.scores:
            return Answer(score=float(rgb.mean()))
        cells = cv2.resize(rgb.mean(axis=2), (16, 16), interpolation=cv2.INTER_AREA)
        features = np.stack([cells + channel for channel in range(teachers.PROJECTED)])
        return Answer(map_logits=(cells / 20 - 4).astype(np.float32), features=features.astype(np.float32))


def write_photographs(folder: Path, count: int = 14) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.fromarray(photograph(number, "good")).save(folder / f"{number:02}.png")
    return folder


def order(folder: Path, **changes: Any) -> DistillationOrder:  # noqa: ANN401
    values: dict[str, Any] = {
        "name": "efiqa-cp-edge",
        "teacher": None,
        "backbone": None,
        "random_teacher": True,
        "teacher_side": 224,
        "data": folder,
        "most": 100,
        "views": 1,
        "features": True,
        "start": shipped_weights(changes.get("name", "efiqa-cp-edge")),
        "out": folder / "out",
        "cache": folder / "cache",
        "steps": 6,
        "learning_rate": None,
        "seed": 1,
        "threads": 1,
        "workers": 0,
    }
    return DistillationOrder(**(values | changes))


def quiet() -> nullcontext[Callable[[str, int], Callable[[], None]]]:
    return nullcontext(lambda _name, _total: lambda: None)


def test_a_teacher_is_asked_once_about_every_view(tmp_path: Path) -> None:
    photographs = list_candidates(write_photographs(tmp_path / "photographs", 4))
    teacher = Brightness()
    first = make_lessons(photographs, teacher, 2, 1, tmp_path / "cache")
    assert teacher.asked == 8
    assert len(first.learnt) + len(first.held_out) == 8
    again = make_lessons(photographs, teacher, 2, 1, tmp_path / "cache")
    assert teacher.asked == 8
    book = first.learnt if len(first.learnt) else first.held_out
    same = again.learnt if len(again.learnt) else again.held_out
    assert np.array_equal(book[1].rgb, same[1].rgb)
    assert book[0].map_logits is not None
    assert book[0].features is not None
    assert book[0].features.shape == (64, 16, 16)
    assert book[0].score is None


def test_what_cannot_be_read_is_named_and_left_out(tmp_path: Path) -> None:
    folder = write_photographs(tmp_path / "photographs", 3)
    (folder / "01.png").write_bytes(b"no picture")
    lessons = make_lessons(list_candidates(folder), Brightness(), 1, 1, tmp_path / "cache")
    assert [sentence.partition(":")[0] for sentence in lessons.skipped] == ["01.png"]
    assert len(lessons.learnt) + len(lessons.held_out) == 2


def test_a_patient_is_held_out_whole(tmp_path: Path) -> None:
    folder = write_photographs(tmp_path, 12)
    rows = [f"{number:02}.png,here,p{number // 3}" for number in range(12)]
    (folder / "labels.csv").write_text("\n".join(["file,source,patient", *rows]))
    sides: dict[str | None, set[bool]] = {}
    for listed in list_candidates(folder):
        sides.setdefault(listed.patient, set()).add(is_held_out(listed))
    assert len(sides) == 4
    assert all(len(each) == 1 for each in sides.values())


def test_a_map_student_comes_nearer_to_its_teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_teacher", lambda _: Brightness())
    monkeypatch.setattr(MapStudent, "learning_rate", 2e-3)
    done = distil(order(write_photographs(tmp_path)), quiet)
    assert done.after.linear > done.before.linear
    assert done.after.error < done.before.error
    assert done.weights is not None
    build("efiqa-cp-edge", done.weights)
    with safe_open(done.weights, framework="pt") as stream:
        assert "a teacher of brightness" in stream.metadata()["data"]
    # a second call finds the training done, and the same student
    again = distil(order(tmp_path), quiet)
    assert again.after == done.after


def test_a_score_student_is_measured_before_and_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_teacher", lambda _: Brightness(scores=True))
    done = distil(order(write_photographs(tmp_path), name="fthnet-s", steps=2), quiet)
    assert done.before.count == done.after.count == len(done.lessons.held_out)
    assert done.before != done.after
    assert (done.weights is not None) == (done.after.linear > done.before.linear)


def test_answers_begin_on_the_teachers_scale(tmp_path: Path) -> None:
    folder = write_photographs(tmp_path / "photographs", 3)
    lessons = make_lessons(list_candidates(folder), Brightness(), 1, 1, tmp_path / "cache")
    book = lessons.learnt if len(lessons.learnt) else lessons.held_out
    network = build("efiqa-cp-edge", shipped_weights("efiqa-cp-edge"))
    student = MapStudent(features=False)
    before = student.nearness(network, book)
    student.begin(network, book)
    assert student.nearness(network, book).error < before.error


def test_the_published_teacher_gives_a_map_and_projected_features(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import DINOv3ViTModel

    def one_layer() -> DINOv3ViTModel:
        config = dinov3.vit_l16_config()
        config.num_hidden_layers, config.intermediate_size = 1, 64
        return DINOv3ViTModel(config)

    monkeypatch.setattr(teachers, "random_backbone", one_layer)
    teacher = MapTeacher(None, None, 224)
    answer = teacher.answer(np.zeros((224, 224, 3), np.uint8))
    assert answer.map_logits is not None
    assert answer.map_logits.shape == (16, 16)
    assert answer.features is not None
    assert answer.features.shape == (64, 16, 16)
    assert "teaches nothing" in teacher.told
    with pytest.raises(ValueError, match="224 x 224 pixels here"):
        teacher.answer(np.zeros((512, 512, 3), np.uint8))


def test_a_published_score_teacher_sees_the_middle_of_the_square(tmp_path: Path) -> None:
    import torch

    torch.manual_seed(5)
    weights = tmp_path / "net.pth"
    torch.save(build("fthnet-l").state_dict(), weights)
    teacher = ScoreTeacher(weights)
    rgb = np.zeros((512, 512, 3), np.uint8)
    score = teacher.answer(rgb).score
    rgb[:60] = 255
    assert teacher.answer(rgb).score == score
    rgb[100:200] = 255
    assert teacher.answer(rgb).score != score


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["efiqa-cp-edge"], "efiqa-cp teaches efiqa-cp-edge: give its context network"),
        (["fthnet-s"], "fthnet-l teaches fthnet-s: give its weights"),
        (["fthnet-l"], "nobody teaches 'fthnet-l'; students are efiqa-cp-edge, fthnet-s"),
    ],
)
def test_wrong_orders(tmp_path: Path, arguments: list[str], said: str) -> None:
    folder = write_photographs(tmp_path / "photographs", 10)
    more = ["--data", str(folder), "--out", str(tmp_path / "out"), "--start", str(shipped_weights("fthnet-s"))]
    result = CliRunner().invoke(app, ["distil", *arguments, *more])
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())


def test_too_few_photographs(tmp_path: Path) -> None:
    folder = write_photographs(tmp_path / "photographs", 3)
    arguments = ["fthnet-s", "--random-teacher", "--data", str(folder), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, ["distil", *arguments])
    assert result.exit_code == 1
    assert "3 photographs; 10 are needed" in " ".join(result.output.split())
