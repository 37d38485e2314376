"""A peer's own environment: where it lies, and how it is made; the program's own is never touched."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
"""ModelOpt's."""
MODELOPT = "modelopt-peer"
"""Its environment's folder in the cache."""
REPOSITORY = Path(__file__).resolve().parents[2]
STAMP = "fundusgate-peer"
"""File in a finished environment: SHA-256 of the requirements that it was made from."""


class PeerEnvironmentError(RuntimeError):
    """An environment that cannot be used or made; the message says why and what to do."""


def default_folder(name: str = MODELOPT) -> Path:
    """`$XDG_CACHE_HOME/fundusgate/NAME`, or below `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "fundusgate" / name


def chosen_folder(
    given: Path | None, running: Path = Path(sys.prefix), repository: Path = REPOSITORY, name: str = MODELOPT
) -> Path:
    """Where the environment shall lie.

    Args:
        given: By the user; None for the cache.
        running: The environment that runs this script.
        repository: The source tree.
        name: Of the folder in the cache.

    Raises:
        PeerEnvironmentError: It would be the running one, or inside the repository, or the folder holds something else.
    """
    folder = (default_folder(name) if given is None else given.expanduser()).resolve()
    if folder.is_relative_to(running.resolve()):
        raise PeerEnvironmentError(
            f"{folder} is the environment that runs this script, and the peer's pins would break it; name another"
            " with --env"
        )
    if folder.is_relative_to(repository.resolve()):
        raise PeerEnvironmentError(f"{folder} lies in the repository; name a folder outside it with --env")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
        raise PeerEnvironmentError(f"{folder} holds something that is no environment; name another with --env")
    return folder


def python_of(folder: Path) -> Path:
    """The environment's interpreter."""
    return folder / "bin" / "python"


def fingerprint(requirements: Path = REQUIREMENTS) -> str:
    """What an environment is made from."""
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


def is_ready(folder: Path, requirements: Path = REQUIREMENTS) -> bool:
    """Whether the environment was finished, and from these requirements."""
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii").strip() == fingerprint(requirements)


def make(folder: Path, tell: Callable[[str], None], requirements: Path = REQUIREMENTS) -> None:
    """Make the environment, or bring it to these requirements; nothing where it is ready.

    Args:
        folder: As `chosen_folder` gave it.
        tell: Called with every step, and with every package that pip names.
        requirements: What to install.

    Raises:
        PeerEnvironmentError: pip failed; the message ends with its last words.
    """
    if is_ready(folder, requirements):
        tell(f"the peer's environment is ready: {folder}")
        return
    tell(f"making the peer's environment in {folder} (minutes)")
    if not (folder / "bin" / "pip").exists():
        venv.create(folder, with_pip=True)
    command = [python_of(folder), "-m", "pip", "install", "--disable-pip-version-check", "--requirement", requirements]
    with subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        said = []
        for line in pip.stdout or ():
            said.append(line.strip())
            if line.startswith(("Collecting", "Downloading", "Installing", "Successfully")):
                tell(f"the peer's environment: {line.strip()[:100]}")
    if pip.returncode != 0:
        raise PeerEnvironmentError(f"pip could not install {requirements} into {folder}: {' | '.join(said[-3:])}")
    (folder / STAMP).write_text(fingerprint(requirements), encoding="ascii")
