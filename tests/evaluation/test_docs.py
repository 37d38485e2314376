"""The commands of docs/evaluation.md are commands."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fundusgate.cli import app

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^fundusgate (evaluate [^#\n]+)", TEXT, re.MULTILINE)
OPTIONS = re.findall(r"^\| `(--[a-z-]+)", TEXT, re.MULTILINE)


def test_there_are_commands() -> None:
    assert {command.split()[1] for command in COMMANDS} == {"fqs", "eyeq", "funpiq"}
    assert len(OPTIONS) == 6


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)
    for folder in (word for before, word in pairwise(words) if before.startswith("--")):
        Path(folder).mkdir(parents=True, exist_ok=True)
    result = CliRunner().invoke(app, words)
    # it got as far as looking for the data set
    assert result.exit_code == 1, result.output
    assert "not evaluated" in result.stderr
    assert "holds no" in result.stderr


@pytest.mark.parametrize("data_set", ["fqs", "eyeq", "funpiq"])
def test_every_option_of_the_table_is_there(data_set: str) -> None:
    help_text = CliRunner().invoke(app, ["evaluate", data_set, "--help"], env={"COLUMNS": "200"}).output
    assert all(option in help_text for option in OPTIONS)
