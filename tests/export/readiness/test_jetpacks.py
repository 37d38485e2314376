"""What a user's words for a JetPack mean."""

from __future__ import annotations

import pytest

from fundusgate.export.readiness.jetpacks import BOARDS, JETPACKS, UnknownTargetError, jetpacks_of, targets


def versions(*texts: str, board: str | None = None) -> list[str]:
    return [target.jetpack.version for target in targets(list(texts), board)]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("6.2", ["6.2"]),
        ("6.2.1", ["6.2"]),
        ("5.1.3", ["5.1"]),
        ("7.2.2", ["7.2.2"]),
        ("7.x", ["7.0", "7.1", "7.2", "7.2.2"]),
        ("6", ["6.0", "6.1", "6.2"]),
    ],
)
def test_versions(text: str, meant: list[str]) -> None:
    assert [jetpack.version for jetpack in jetpacks_of(text)] == meant


@pytest.mark.parametrize("text", ["3.1", "8.x", "", "six", "6.9", "6.2-rc1"])
def test_unknown_versions_are_refused(text: str) -> None:
    with pytest.raises(UnknownTargetError, match=r"known are 4\.6"):
        jetpacks_of(text)


def test_none_means_those_that_run_fundusgate() -> None:
    assert versions() == ["6.0", "6.1", "6.2", "7.0", "7.1", "7.2", "7.2.2"]


def test_several_are_each_taken_once_oldest_first() -> None:
    assert versions("6.2", "5.1", "6.2.1") == ["5.1", "6.2"]


def test_a_board_takes_only_its_own() -> None:
    assert versions("7.x", board="orin-nano") == ["7.2", "7.2.2"]
    with pytest.raises(UnknownTargetError, match="does not run on thor"):
        versions("6.2", board="thor")


def test_every_board_that_is_named_exists() -> None:
    assert {name for jetpack in JETPACKS.values() for name in jetpack.boards} == set(BOARDS)


def test_tensorrt_never_goes_back() -> None:
    releases = [jetpack.tensorrt for jetpack in JETPACKS.values()]
    assert releases == sorted(releases)
