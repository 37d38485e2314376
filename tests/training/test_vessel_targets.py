from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_auc_score

from fundusgate.phantom import render
from fundusgate.training.vessel_targets import SIDE, vessel_cells, vessel_map


def test_vessels_are_found_where_the_phantom_has_them() -> None:
    phantom = render(5, size=512)
    found = vessel_map(phantom.rgb, phantom.field)
    truth = phantom.vessels.reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3))
    # Of the widest vessels none is missed, and where there is no vessel hardly any is seen.
    assert float(found[truth > 0.9].mean()) > 0.6
    assert roc_auc_score((truth > 0.5).ravel(), found.ravel()) > 0.9


def test_a_plain_disc_has_none_not_even_along_its_rim() -> None:
    ys, xs = np.ogrid[:512, :512]
    inside = np.asarray((ys - 256) ** 2 + (xs - 256) ** 2 < 250**2)
    rgb = np.zeros((512, 512, 3), np.uint8)
    rgb[inside] = (180, 90, 30)
    assert vessel_map(rgb, inside).max() == 0


def test_a_black_picture_has_none() -> None:
    assert vessel_map(np.zeros((96, 96, 3), np.uint8), np.zeros((96, 96), np.bool_)).max() == 0


def test_what_a_fault_hides_is_there_but_not_seen() -> None:
    vessels = np.zeros((SIDE, SIDE), np.float32)
    vessels[:, 32:36] = 1
    hidden = np.zeros((512, 512), np.bool_)
    hidden[:256] = True
    seen, there = vessel_cells(vessels, hidden, 64)
    assert there[:, 8].tolist() == [1.0] * 64
    assert seen[:, 8].tolist() == [0.0] * 32 + [1.0] * 32
    assert float(there.sum()) == 64


def test_a_thin_vessel_counts_by_what_it_covers() -> None:
    vessels = np.zeros((SIDE, SIDE), np.float32)
    vessels[0] = 1
    _, there = vessel_cells(vessels, np.zeros((512, 512), np.bool_), 64)
    assert there[0].tolist() == [0.5] * 64
