"""The table of counts that comes with the package, against the networks' own graphs and the papers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fundusgate.export.readiness.counting import NETWORKS, count
from fundusgate.export.readiness.networks import PRECISIONS, counted_networks, works
from fundusgate.export.readiness.power_modes import POWER_MODES


@pytest.mark.parametrize("name", ["efiqa-cp-edge", "fthnet-s"])
def test_a_network_counted_again_is_the_same(name: str) -> None:
    assert count(name) == counted_networks()[name]


def test_every_network_is_there() -> None:
    assert tuple(counted_networks()) == NETWORKS
    assert list(works()) == [f"{name} {precision}" for name in NETWORKS for precision in PRECISIONS]


@pytest.mark.parametrize(
    ("name", "giga_multiplications", "parameters"),
    [
        ("efiqa-cp-edge", 1.30, 1_582_514),
        ("fthnet-s", 2.47, 5_662_293),
        ("fthnet-l", 6.85, 14_877_933),
        # DINOv3's own and the context network's; the class, register and mask tokens are among them
        ("efiqa-cp@224", 72.1, 303_129_600 + 5_390_849),
        ("efiqa-cp@512", 372.9, 303_129_600 + 5_390_849),
        ("efiqa-cp@1024", 2077.6, 303_129_600 + 5_390_849),
    ],
)
def test_counts_are_those_that_are_known(name: str, giga_multiplications: float, parameters: int) -> None:
    network = counted_networks()[name]
    assert network.work("fp16").multiplications / 1e9 == pytest.approx(giga_multiplications, rel=5e-3)
    assert network.parameters == parameters


@pytest.mark.parametrize("name", NETWORKS)
def test_fewer_bits_are_never_slower(name: str) -> None:
    network = counted_networks()[name]
    for mode in POWER_MODES:
        times = [network.work(precision).fastest(mode) for precision in PRECISIONS]
        assert times == sorted(times, reverse=True)
        assert all(
            network.work(precision).usual(mode) > network.work(precision).fastest(mode) for precision in PRECISIONS
        )


def test_it_is_read_without_torch_and_onnx() -> None:
    code = (
        "import sys; from fundusgate.export.readiness.networks import works; works();"
        "print([name for name in ('torch', 'onnx', 'onnxruntime') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
