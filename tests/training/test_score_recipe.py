from __future__ import annotations

import copy

import pytest
import torch

from fundusgate.models import build
from fundusgate.training.score_recipe import ScoreTraining, score_loss, taught_targets, with_questions
from fundusgate.training.targets import NOT_A_FUNDUS


def inside() -> torch.Tensor:
    return torch.ones(2, 12, 12, dtype=torch.bool)


def test_half_of_a_target_is_the_teachers_word() -> None:
    hidden = torch.zeros(2, 12, 12)
    hidden[1] = 1
    moved = taught_targets(torch.tensor([60.0, 60.0]), hidden, inside())
    # Nothing hidden is worth 82, all hidden a tenth of it.
    assert moved.tolist() == pytest.approx([(60 + 82) / 2, (60 + 8) / 2])


def test_cells_outside_the_disc_have_no_word() -> None:
    hidden, cells = torch.zeros(2, 12, 12), inside()
    hidden[:, :6] = 1
    cells[:, :6] = False
    assert taught_targets(torch.tensor([82.0, 82.0]), hidden, cells).tolist() == pytest.approx([82, 82])


def test_a_picture_without_a_retina_keeps_its_target() -> None:
    moved = taught_targets(torch.tensor([NOT_A_FUNDUS, 50.0]), torch.zeros(2, 12, 12), inside())
    assert moved[0].item() == NOT_A_FUNDUS


def batch() -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    return {
        "image": torch.randint(0, 256, (1, 2, 384, 384, 3), dtype=torch.uint8),
        "target": torch.tensor([[82.0, 54.0]]),
        "weight": torch.tensor([1.0]),
        "hidden": torch.zeros(1, 2, 12, 12, dtype=torch.bool),
        "known": torch.zeros(1, 2, 12, 12, dtype=torch.bool),
        "inside": torch.ones(1, 2, 12, 12, dtype=torch.bool),
    }


def test_a_teacher_teaches_cells_that_nobody_labelled_and_is_not_kept() -> None:
    network, teacher = build("fthnet-s"), build("efiqa-cp-edge")
    training = with_questions(network, teacher)
    assert isinstance(training, ScoreTraining)
    assert not any("teacher" in name for name in training.state_dict())
    frozen = copy.deepcopy(teacher.state_dict())
    terms = score_loss(training, batch())
    assert set(terms) == {"regression", "ranking", "cells", "taught", "imitation"}
    torch.stack(list(terms.values())).sum().backward()
    assert training.visibility.weight.grad is not None
    assert training.visibility.weight.grad.abs().sum() > 0
    assert all(torch.equal(frozen[name], value) for name, value in teacher.state_dict().items())
    assert all(parameter.grad is None for parameter in teacher.parameters())


def test_without_a_teacher_labels_and_made_faults_remain() -> None:
    terms = score_loss(with_questions(build("fthnet-s"), None), batch())
    assert set(terms) == {"regression", "ranking", "cells"}
    assert terms["cells"].item() == 0
