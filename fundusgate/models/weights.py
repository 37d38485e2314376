"""Weights on disk: those that are installed with the package, and what a weights file says of itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_THRESHOLD = "threshold."

SHIPPED_FOLDER: Path = Path(__file__).resolve().parent.parent / "weights"
"""Folder of the weights that are installed with the package."""


class WeightsError(ValueError):
    """Weights that are not there; the message says which are."""


def shipped_names() -> tuple[str, ...]:
    """Names of the networks whose weights are installed with the package, sorted."""
    return tuple(sorted(path.stem for path in SHIPPED_FOLDER.glob("*.safetensors")))


def shipped_weights(name: str) -> Path:
    """The installed weights of a network.

    Args:
        name: A network's name, such as `efiqa-cp-edge`.

    Returns:
        A safetensors file.

    Raises:
        WeightsError: No weights of that network are installed.
    """
    path = SHIPPED_FOLDER / f"{name}.safetensors"
    if not path.is_file():
        held = ", ".join(shipped_names()) or "none"
        raise WeightsError(f"no weights of {name} are installed (there are: {held}); give a checkpoint of your own")
    return path


@dataclass(frozen=True)
class WeightsCard:
    """What a checkpoint says of itself."""

    checkpoint: str
    """The file's name."""
    sha256: str
    version: str
    """The card's own version, or the first 12 digits of the SHA-256."""
    framing: str | None
    """`disc` or `frame`: which part of a photograph these weights were trained to see; None where nothing says it."""
    data: str
    licence: str
    terms: str
    preprocessing: int | None
    """Version of the pre-processing that they were trained behind; None where nothing says it."""
    thresholds: Mapping[str, float]
    """Working points by output name, on the reported scale."""
    backbone_sha256: str | None = None
    """Of the backbone's folder, where the network stands on one."""


def read_card(checkpoint: Path, backbone: Path | None = None) -> WeightsCard:
    """What is known of a checkpoint.

    A safetensors file may carry `version`, `framing`, `preprocessing`, `data`, `licence`, `terms` and
    `threshold.<output>` in its header; this package's recipes write safetensors and train on the framed disc. A
    published `.pth` carries nothing.

    Args:
        checkpoint: A safetensors or `.pth` file.
        backbone: Folder of the weights that the network stands on, hashed by its files' names and contents.

    Raises:
        OSError: It cannot be read.
        WeightsError: Its header states a number that is none.
    """
    digest = _sha256(checkpoint)
    said = {"framing": "disc"} | _header(checkpoint) if checkpoint.suffix == ".safetensors" else {}
    return WeightsCard(
        checkpoint=checkpoint.name,
        sha256=digest,
        version=said.get("version", digest[:12]),
        framing=said.get("framing"),
        data=said.get("data", "not stated in the checkpoint"),
        licence=said.get("licence", "not stated in the checkpoint"),
        terms=said.get("terms", ""),
        preprocessing=int(_number(checkpoint, said, "preprocessing")) if "preprocessing" in said else None,
        thresholds={
            key.removeprefix(_THRESHOLD): _number(checkpoint, said, key) for key in said if key.startswith(_THRESHOLD)
        },
        backbone_sha256=None if backbone is None else _folder_sha256(backbone),
    )


def _number(checkpoint: Path, said: Mapping[str, str], key: str) -> float:
    try:
        return float(said[key])
    except ValueError:
        raise WeightsError(f"{checkpoint.name} says {key} is {said[key]!r}, not a number: write it again") from None


def _header(path: Path) -> dict[str, str]:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as stream:
        return dict(stream.metadata() or {})


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()


def _folder_sha256(folder: Path) -> str:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    listing = [f"{file.relative_to(folder).as_posix()} {_sha256(file)}" for file in files]
    return hashlib.sha256("\n".join(listing).encode()).hexdigest()
