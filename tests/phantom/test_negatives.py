"""Pictures that are no fundus."""

from __future__ import annotations

import numpy as np
import pytest

from fundusgate.phantom import external_eye, lens_cap, not_fundus
from fundusgate.phantom.negatives import KINDS, KINDS_BY_NAME


@pytest.mark.parametrize("name", list(KINDS_BY_NAME))
def test_each_kind_is_seeded_and_sized(name: str) -> None:
    kind = KINDS_BY_NAME[name]
    first, again, other = kind(1, 96), kind(1, 96), kind(2, 96)
    assert first.shape == (96, 96, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_capped_lens_is_black_and_an_eye_is_not() -> None:
    assert all(np.median(lens_cap(s, 64)) < 40 for s in range(10))
    assert all(external_eye(s, 64).mean() > 20 for s in range(10))


def test_many_kinds_and_masks_are_drawn() -> None:
    pictures = [not_fundus(s, 48) for s in range(60)]
    masked = [p for p in pictures if not p[:2, :2].any() and p.any()]
    assert 10 < len(masked) < 50
    assert len(KINDS) == 6
