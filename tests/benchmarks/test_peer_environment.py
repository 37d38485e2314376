from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.peer.environment import (
    REPOSITORY,
    REQUIREMENTS,
    STAMP,
    PeerEnvironmentError,
    chosen_folder,
    default_folder,
    fingerprint,
    is_ready,
    make,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_it_lies_in_the_cache_unless_the_user_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert chosen_folder(None) == default_folder() == tmp_path / "fundusgate" / "modelopt-peer"
    assert chosen_folder(tmp_path / "own") == tmp_path / "own"


@pytest.mark.parametrize("inside", [".", "lib/peer"])
def test_the_running_environment_is_never_touched(tmp_path: Path, inside: str) -> None:
    running = tmp_path / "venv"
    with pytest.raises(PeerEnvironmentError, match="runs this script"):
        chosen_folder(running / inside, running=running)


def test_the_running_environment_is_recognised_behind_a_link(tmp_path: Path) -> None:
    running = tmp_path / "venv"
    running.mkdir()
    (tmp_path / "link").symlink_to(running)
    with pytest.raises(PeerEnvironmentError, match="runs this script"):
        chosen_folder(tmp_path / "link", running=running)


def test_it_does_not_go_into_the_repository(tmp_path: Path) -> None:
    with pytest.raises(PeerEnvironmentError, match="outside it"):
        chosen_folder(REPOSITORY / "peer-env", running=tmp_path)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photographs").mkdir()
    (tmp_path / "photographs" / "eye.jpg").touch()
    with pytest.raises(PeerEnvironmentError, match="holds something"):
        chosen_folder(tmp_path / "photographs")


def test_an_environment_begun_earlier_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "pyvenv.cfg").touch()
    assert chosen_folder(tmp_path / "env") == tmp_path / "env"


def test_it_is_ready_only_for_the_requirements_that_it_was_made_from(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("one==1\n")
    assert not is_ready(tmp_path, requirements)
    (tmp_path / STAMP).write_text(fingerprint(requirements))
    assert is_ready(tmp_path, requirements)
    requirements.write_text("one==2\n")
    assert not is_ready(tmp_path, requirements)


def test_a_ready_environment_is_not_made_again(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("one==1\n")
    (tmp_path / STAMP).write_text(fingerprint(requirements))
    told: list[str] = []
    make(tmp_path, told.append, requirements)
    assert len(told) == 1
    assert "ready" in told[0]
    assert not (tmp_path / "bin").exists()


def test_it_is_made_from_requirements_and_stamped_only_when_pip_is_content(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("./not-there\n")
    env = tmp_path / "env"
    with pytest.raises(PeerEnvironmentError, match="not-there"):
        make(env, lambda _step: None, requirements)
    assert not is_ready(env, requirements)
    requirements.write_text("# nothing\n")
    make(env, lambda _step: None, requirements)
    assert is_ready(env, requirements)
    assert (env / "bin" / "python").exists()


def test_torch_is_pinned_exactly() -> None:
    pins = [line for line in REQUIREMENTS.read_text().splitlines() if line and not line.startswith("#")]
    assert any(pin.startswith("torch==") for pin in pins)
    assert all("==" in pin for pin in pins)
