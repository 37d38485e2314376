from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from benchmarks.search.family import (
    MOST_GMAC,
    MOST_PARAMETERS,
    SHIPPED,
    EdgeVariant,
    Shape,
    VariantTraining,
    cost_of,
    shapes_within,
)
from benchmarks.search.halving import Result, halve
from fundusgate.models import build

if TYPE_CHECKING:
    from pathlib import Path


def test_the_shipped_shape_has_the_shipped_parameters() -> None:
    shipped, variant = build("efiqa-cp-edge").state_dict(), EdgeVariant(SHIPPED).state_dict()
    assert {name: tensor.shape for name, tensor in shipped.items()} == {
        name: tensor.shape for name, tensor in variant.items()
    }


def test_the_cost_is_counted_by_hand() -> None:
    shape = Shape((16, 32, 48, 64, 96), (1, 1, 1))
    by_hand = 0
    for inputs, outputs, side in (
        (3, 16, 256), (16, 32, 128), (32, 32, 128), (32, 48, 64), (48, 48, 64), (48, 48, 64), (48, 64, 32),
        (64, 64, 32), (64, 64, 32), (64, 96, 16), (96, 96, 16), (96, 96, 16),
    ):  # fmt: skip
        by_hand += 9 * inputs * outputs * side * side
    by_hand += 96 * 96 + 96 + 96 * 16 * 16
    assert cost_of(shape).gmac == pytest.approx(by_hand / 1e9, rel=1e-3)


def test_every_shape_is_within_the_budget_and_none_twice() -> None:
    shapes = shapes_within(6, seed=3)
    assert shapes[0] == SHIPPED
    assert len(set(shapes)) == 6
    for shape in shapes:
        cost = cost_of(shape)
        assert cost.gmac <= MOST_GMAC
        assert cost.parameters <= MOST_PARAMETERS
        assert all(width % 16 == 0 for width in shape.widths)


def test_a_variant_answers_as_the_recipe_asks() -> None:
    training = VariantTraining(EdgeVariant(Shape((16, 32, 48, 64, 96), (1, 2, 1))))
    outputs, vessels = training(torch.zeros(1, 3, 512, 512))
    assert outputs.map_logits.shape == (1, 1, 16, 16)
    assert outputs.retina_logit.shape == (1, 1)
    assert vessels.shape == (1, 2, 64, 64)


def test_the_better_half_goes_on_and_nothing_is_done_twice(tmp_path: Path) -> None:
    shapes = [Shape((16, 32, 48, 64, last), (1, 1, 1)) for last in (96, 112, 128, 144)]
    asked: list[tuple[int, int, int]] = []

    def trained(shape: Shape, rung: int, steps: int) -> float:
        asked.append((shape.widths[-1], rung, steps))
        return float(shape.widths[-1])

    told: list[Result] = []
    results = halve(shapes, 10, 2, tmp_path / "log.jsonl", trained, told.append)
    assert asked == [(96, 0, 10), (112, 0, 10), (128, 0, 10), (144, 0, 10), (144, 1, 20), (128, 1, 20), (144, 2, 40)]
    assert results[-1].name == shapes[-1].name
    with (tmp_path / "log.jsonl").open("a") as stream:
        stream.write('{"name": "torn')
    assert halve(shapes, 10, 2, tmp_path / "log.jsonl", trained, told.append) == results
    assert len(asked) == 7
    with pytest.raises(ValueError, match="at least one in two"):
        halve(shapes, 10, 1, tmp_path / "log.jsonl", trained, told.append)


def test_the_one_to_beat_goes_along_in_nobodys_place(tmp_path: Path) -> None:
    shapes = [Shape((16, 32, 48, 64, last), (1, 1, 1)) for last in (96, 112, 128, 144)]
    asked: list[tuple[int, int]] = []

    def trained(shape: Shape, rung: int, _steps: int) -> float:
        asked.append((shape.widths[-1], rung))
        return float(shape.widths[-1])

    results = halve(shapes, 10, 2, tmp_path / "log.jsonl", trained, lambda _: None, always=shapes[0])
    assert asked[4:] == [(144, 1), (128, 1), (96, 1), (144, 2), (96, 2)]
    assert [result.name for result in results if result.rung == 2] == [shapes[-1].name, shapes[0].name]


def test_the_one_to_beat_may_win(tmp_path: Path) -> None:
    shapes = [Shape((16, 32, 48, 64, last), (1, 1, 1)) for last in (96, 112)]
    late = {(96, 1): 9.0}

    def trained(shape: Shape, rung: int, _steps: int) -> float:
        return late.get((shape.widths[-1], rung), shape.widths[-1] / 1000)

    results = halve(shapes, 10, 2, tmp_path / "log.jsonl", trained, lambda _: None, always=shapes[0])
    assert max(results, key=lambda result: (result.rung, result.quality)).name == shapes[0].name
