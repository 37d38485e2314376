"""What a Jetson's files and its CUDA driver say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fundusgate.runtime.engines.api import EngineError
from fundusgate.runtime.engines.machine import Machine, read_machine
from tests.runtime.engines.machines import ORIN_NANO

if TYPE_CHECKING:
    import ctypes
    from pathlib import Path


class Driver:
    """CUDA's driver interface of an Orin with CUDA 12.6."""

    def __init__(self, status: int = 0) -> None:
        self._status = status

    def cuInit(self, flags: int) -> int:  # noqa: N802 - CUDA's name
        assert flags == 0
        return self._status

    def cuDeviceGet(self, device: Any, index: int) -> int:  # noqa: ANN401, N802 - a ctypes reference; CUDA's name
        device._obj.value = index
        return 0

    def cuDriverGetVersion(self, version: Any) -> int:  # noqa: ANN401, N802 - as above
        version._obj.value = 12060
        return 0

    def cuDeviceGetAttribute(self, value: Any, attribute: int, device: ctypes.c_int) -> int:  # noqa: ANN401, N802
        assert device.value == 0
        value._obj.value = {75: 8, 76: 7}[attribute]
        return 0

    def cuDeviceGetName(self, name: Any, length: int, _device: ctypes.c_int) -> int:  # noqa: ANN401, N802
        assert length == 256
        name.value = b"Orin"
        return 0


@pytest.fixture
def jetson(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    release = "# R36 (release), REVISION: 4.0, GCID: 37537400, BOARD: generic, EABI: aarch64, DATE: Fri Sep 13\n"
    (tmp_path / "etc/nv_tegra_release").write_text(release, encoding="utf-8")
    (tmp_path / "proc/device-tree/model").write_bytes(b"NVIDIA Jetson Orin Nano Developer Kit\0")
    meminfo = "MemTotal:        7802796 kB\nMemFree:          123456 kB\nMemAvailable:    6291456 kB\n"
    (tmp_path / "proc/meminfo").write_text(meminfo, encoding="utf-8")
    return tmp_path


def test_a_jetson(jetson: Path) -> None:
    assert read_machine(jetson, Driver()) == ORIN_NANO


def test_a_machine_that_is_no_jetson_is_named_by_its_gpu(tmp_path: Path) -> None:
    assert read_machine(tmp_path, Driver()) == Machine("Orin", (8, 7), "12.6", "", 0)


def test_a_driver_that_answers_with_an_error(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cuInit with error 100: is there a GPU"):
        read_machine(tmp_path, Driver(100))


@pytest.mark.parametrize(
    ("capability", "multiplies"),
    [
        ((5, 3), False),
        ((6, 0), False),
        ((6, 1), True),
        ((6, 2), False),
        ((7, 2), True),
        ((8, 7), True),
        ((11, 0), True),
    ],
)
def test_int8_products_by_compute_capability(capability: tuple[int, int], multiplies: bool) -> None:
    assert replace(ORIN_NANO, capability=capability).multiplies_int8 is multiplies
