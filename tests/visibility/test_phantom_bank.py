from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.visibility import phantom_bank as module
from fundusgate.visibility.phantom_bank import phantom_bank

if TYPE_CHECKING:
    from pathlib import Path


def test_vessels_lie_where_the_picture_is_dark(tmp_path: Path) -> None:
    bank = phantom_bank(2, 7, tmp_path)
    for rgb, inside, vessels in zip(bank.rgb, bank.inside, bank.vessels, strict=True):
        green = rgb[..., 1].astype(np.float32)
        vein, beside = (vessels > 200) & inside, (vessels < 10) & inside
        assert vein.sum() > 300
        assert green[vein].mean() < green[beside].mean()


def test_it_is_rendered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = phantom_bank(1, 7, tmp_path)
    monkeypatch.setattr(module, "render", None)
    again = phantom_bank(1, 7, tmp_path)
    assert np.array_equal(first.rgb, again.rgb)
    assert np.array_equal(first.vessels, again.vessels)
    with pytest.raises(TypeError):
        phantom_bank(1, 8, tmp_path)
