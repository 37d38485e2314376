from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from fundusgate.archive.record import GivenUp, Override
from fundusgate.archive.store import Archive
from fundusgate.cli import app
from fundusgate.codes import Laterality
from fundusgate.runtime.gate.events import Outcome
from fundusgate.runtime.gate.state import Reason
from tests.archive.captures import START, draft, frame

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An archive with an accepted photograph, an overridden retake, and one of long ago that was given up."""
    root = tmp_path / "archive"
    with Archive.open(root) as archive:
        archive.keep(draft(0, patient="दादी [bold]"), frame(0))
        retake = archive.keep(draft(1, outcome=Outcome.RETAKE, laterality=Laterality.OS), frame(1)).id
        archive.amend(retake, override=Override(reason="=cannot come again", operator="Ben", at=START))
        old = archive.keep(draft(-60 * 24 * 400, outcome=Outcome.CANNOT_OBTAIN), frame(2)).id
        archive.amend(old, given_up=GivenUp(reason=Reason.OPACITY, note="cataract", operator="Ben", at=START))
    return root


def captures(root: Path, *words: str, **more: object) -> Result:
    return CliRunner(env={"COLUMNS": "140"}).invoke(app, ["captures", *words, "--archive", str(root)], **more)  # type: ignore[arg-type]


def ids(root: Path, *words: str) -> list[str]:
    result = captures(root, "list", "--json", *words)
    assert result.exit_code == 0, result.output
    return [json.loads(line)["id"] for line in result.stdout.splitlines()]


def test_list_names_every_capture_newest_first(root: Path) -> None:
    result = captures(root, "list")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    rows = [line for line in lines if line.strip().startswith("202")]
    assert [row.split()[0] for row in rows] == [id_[:15] for id_ in ids(root)]
    assert "OS macula" in rows[0]
    assert "=cannot come again" in result.stdout
    assert "दादी [bold]" in rows[1]
    assert "cannot obtain" in rows[2]
    assert "opacity" in result.stdout
    assert "3 captures, 1 accepted, 1 retake, 1 cannot obtain" in result.stdout


def test_list_chooses(root: Path) -> None:
    newest, middle, oldest = ids(root)
    assert ids(root, "--outcome", "retake") == [newest]
    assert ids(root, "--laterality", "od") == [middle, oldest]
    assert ids(root, "--patient", "दादी [bold]") == [middle]
    assert ids(root, "--limit", "1") == [newest]
    here = START.astimezone()
    assert ids(root, "--since", f"{here:%Y-%m-%d}") == [newest, middle]
    assert ids(root, "--until", f"{here - timedelta(days=1):%Y-%m-%d}") == [oldest]
    assert ids(root, "--since", "2025-01-01", "--until", f"{here + timedelta(days=1):%Y-%m-%d}") == [
        newest,
        middle,
        oldest,
    ]
    assert ids(root, "--until", START.isoformat().replace("+00:00", "Z")) == [oldest]


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--since", "yesterday"],
        ["list", "--outcome", "good"],
        ["list", "--limit", "0"],
        ["prune"],
        ["prune", "--older-than", "-1"],
        ["show"],
    ],
)
def test_wrong_use_is_exit_code_2(root: Path, words: list[str]) -> None:
    assert captures(root, *words).exit_code == 2


@pytest.mark.parametrize(
    "words", [["list"], ["verify"], ["show", "2026"], ["export", "x"], ["prune", "--older-than", "1"]]
)
def test_no_archive_is_one_sentence(tmp_path: Path, words: list[str]) -> None:
    result = captures(tmp_path / "none", *words)
    assert result.exit_code == 1
    assert "there is no archive in" in result.stderr
    assert "Traceback" not in result.output


def test_show_tells_everything(root: Path) -> None:
    newest = ids(root)[0]
    result = captures(root, "show", newest[:20])
    assert result.exit_code == 0, result.output
    told = " ".join(result.stdout.split())
    assert newest in told
    for word in ("retake", "A-1042", "Asha", "=cannot come again (Ben", "FOCUS 0.41", "fthnet-s 1", "judged 310 ms"):
        assert word in told
    assert len([line for line in result.stdout.splitlines() if " ░" in line or " ▒" in line]) >= 14
    said = json.loads(captures(root, "show", newest, "--json").stdout)
    assert said["amendments"][0]["override"]["reason"] == "=cannot come again"
    assert captures(root, "show", "2030").exit_code == 1


def test_export_verify_and_prune_are_one_story(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "stick"
    newest, middle, oldest = ids(root)
    nothing = captures(root, "prune", "--older-than", "30", "--yes")
    assert "was not exported" in nothing.stdout
    assert ids(root) == [newest, middle, oldest]

    exported = captures(root, "export", str(out))
    assert exported.exit_code == 0, exported.output
    assert "3 captures copied" in exported.stdout
    assert len(list(out.rglob("*.png"))) == len(list(out.rglob("20*/*.json"))) == 3
    assert "0 captures copied" in captures(root, "export", str(out)).stdout
    assert captures(root, "verify").exit_code == 0

    shown = captures(root, "prune", "--older-than", "30")
    assert shown.exit_code == 0
    assert oldest in shown.stdout
    assert "nothing was removed" in shown.stdout
    assert ids(root) == [newest, middle, oldest]
    removed = captures(root, "prune", "--older-than", "30", "--yes")
    assert "1 removed" in removed.stdout
    assert ids(root) == [newest, middle]
    everything = captures(root, "prune", "--keep-free", "1000000000", "--yes")
    assert "2 removed" in everything.stdout
    assert ids(root) == []
    assert captures(root, "verify").stdout.startswith("0 captures")


@pytest.mark.parametrize(("answer", "left"), [("n", 3), ("y", 0)])
def test_prune_asks_a_person(root: Path, tmp_path: Path, answer: str, left: int) -> None:
    captures(root, "export", str(tmp_path / "out"))
    keyboard, terminal = os.openpty()
    try:
        os.write(keyboard, f"{answer}\n".encode())
        command = [sys.executable, "-m", "fundusgate", "captures", "prune", "--older-than", "0", "--archive", str(root)]
        subprocess.run(command, stdin=terminal, capture_output=True, timeout=60, check=answer == "y")
    finally:
        os.close(keyboard)
        os.close(terminal)
    assert len(ids(root)) == left


def test_a_full_enough_disk_is_left_alone(root: Path, tmp_path: Path) -> None:
    captures(root, "export", str(tmp_path / "out"))
    assert "0 captures may go" in captures(root, "prune", "--keep-free", "0", "--yes").stdout
    assert len(ids(root)) == 3


def test_verify_names_what_was_altered(root: Path) -> None:
    newest = ids(root)[0]
    path = next(root.rglob(f"{newest}/photograph.png"))
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    result = captures(root, "verify")
    assert result.exit_code == 1
    assert f"{newest}: photograph.png was altered" in result.stdout
    assert "3 captures, 2 of them whole" in result.stdout
    exported = captures(root, "export", str(root.parent / "out"))
    assert exported.exit_code == 1
    assert newest in exported.stderr


def test_a_capture_of_a_newer_version_is_listed_as_unreadable(root: Path) -> None:
    newest = ids(root)[0]
    path = next(root.rglob(f"{newest}/record.json"))
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"schema_version": 2}))
    result = captures(root, "list")
    assert "1 cannot be read" in result.stdout
    assert f"{newest}: record.json is of a newer fundusgate" in result.stdout
    last = json.loads(captures(root, "list", "--json").stdout.splitlines()[-1])
    assert last["id"] == newest
    assert "newer" in last["error"]


def test_the_table_opens_in_a_spreadsheet(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "captures.csv"
    result = captures(root, "export", str(out), "--format", "csv")
    assert result.exit_code == 0, result.output
    with out.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["id"] for row in rows] == ids(root)
    assert rows[0]["override_reason"] == "'=cannot come again"
    assert rows[1]["patient"] == "दादी [bold]"
    piped = captures(root, "export", "-", "--format", "csv", "--outcome", "retake")
    assert len(piped.stdout.splitlines()) == 2
    nowhere = captures(root, "export", str(tmp_path / "none" / "x.csv"), "--format", "csv")
    assert nowhere.exit_code == 1


def test_looking_works_while_the_camera_keeps(root: Path, tmp_path: Path) -> None:
    with Archive.open(root) as archive:
        new = archive.keep(draft(taken_at=datetime.now(timezone.utc)), frame(9)).id
        assert new in ids(root)
        assert captures(root, "export", str(tmp_path / "out")).exit_code == 0
        assert captures(root, "prune", "--older-than", "30", "--yes").exit_code == 0
        assert archive.amend(new, override=Override(reason="late", operator=None, at=START)).override is not None
        assert len(list(archive.captures())) == 3
