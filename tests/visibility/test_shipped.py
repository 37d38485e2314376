from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_auc_score

from fundusgate.phantom import render
from fundusgate.phantom.faults import degrade_locally
from fundusgate.visibility.labelling import pseudo_labels
from fundusgate.visibility.missing import Rule, cell_means
from fundusgate.visibility.networks import SHIPPED_FOLDER, VisibilityNetworks
from fundusgate.visibility.vessel_view import framed


def test_the_shipped_networks_find_what_a_fault_hides() -> None:
    networks = VisibilityNetworks.open()
    told: dict[Rule, list[float]] = {rule: [] for rule in Rule}
    truth: list[bool] = []
    for seed in range(9_100_000, 9_100_004):
        phantom = render(seed, size=300)
        square = framed(phantom.rgb)
        fault = degrade_locally(square.rgb, square.inside, seed, 0.8)
        labels = pseudo_labels(fault.rgb, networks, Rule)
        hidden = cell_means(fault.hidden.astype(np.float32))
        chosen = (labels[Rule.PUBLISHED].cells > 0) & ((hidden > 0.5) | (hidden < 0.05))
        truth += (hidden[chosen] > 0.5).tolist()
        for rule, label in labels.items():
            told[rule] += label.measure[chosen].tolist()
    areas = {rule: roc_auc_score(truth, values) for rule, values in told.items()}
    assert areas[Rule.MISSING_SHARE] > 0.75
    # In holes as wide as these hardly any cover is expected of a single pixel: all that the published rule asks.
    assert areas[Rule.PUBLISHED] > 0.6


def test_they_are_small_and_say_what_they_are_for() -> None:
    assert all(path.stat().st_size < 300_000 for path in SHIPPED_FOLDER.glob("*.safetensors"))
    assert "research and evaluation only" in (SHIPPED_FOLDER / "README.md").read_text(encoding="utf-8").lower()
