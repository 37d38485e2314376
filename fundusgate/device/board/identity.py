"""Which machine this is: its model, and on a Jetson its Jetson Linux and JetPack."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from fundusgate.device.board.jetpacks import jetpack_name

if TYPE_CHECKING:
    from fundusgate.device.board.tree import Tree

_MODELS = ("proc/device-tree/model", "sys/firmware/devicetree/base/model")
_COMPATIBLES = ("proc/device-tree/compatible", "sys/firmware/devicetree/base/compatible")
_RELEASE_FILE = "etc/nv_tegra_release"
# "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64, DATE: ..."
_MAJOR = re.compile(r"#?\s*R([0-9]{1,3})\s*\(", re.ASCII)
_REVISION = re.compile(r"REVISION:\s*([0-9]{1,3}(?:\.[0-9]{1,3}){0,3})", re.ASCII)
_PACKAGES = "var/lib/dpkg/status"
_VERSION = re.compile(r"^Version: ([0-9]+(?:\.[0-9]+)*)", re.MULTILINE | re.ASCII)


class Kind(str, Enum):
    """What sort of machine, as far as reading it goes."""

    JETSON = "jetson"
    RASPBERRY_PI = "raspberry_pi"
    OTHER = "other"


@dataclass(frozen=True)
class Identity:
    """Names and versions; None where the machine does not say."""

    kind: Kind
    model: str | None
    """Of the device tree, or of the BIOS (vendor and product) on a PC."""
    compatible: tuple[str, ...]
    """The device tree's own identifiers, most exact first, such as `nvidia,p3768-0000+p3767-0005-super`."""
    l4t: str | None
    """Jetson Linux, such as `36.4.3`."""
    jetpack: str | None
    """Such as `6.2`, or `6.1 or 6.2` where Jetson Linux fits both; None off Jetson and where it is not known here."""
    kernel: str | None
    """Its release, such as `5.15.148-tegra`."""


def read_identity(tree: Tree) -> Identity:
    """Ask the device tree, the BIOS's tables, /etc/nv_tegra_release and dpkg."""
    model = next((text for path in _MODELS if (text := tree.text(path))), None) or _pc_model(tree)
    raw = next((text for path in _COMPATIBLES if (text := tree.text(path))), "")
    compatible = tuple(part for part in raw.split("\0") if part)
    packages = tree.text(_PACKAGES) or "" if tree.exists(_RELEASE_FILE) or "tegra" in raw else ""
    l4t = read_jetson_linux(tree) or _package(packages, "nvidia-l4t-core")
    kind = _kind(model or "", compatible, l4t)
    is_jetson = kind is Kind.JETSON
    return Identity(
        kind=kind,
        model=model,
        compatible=compatible,
        l4t=l4t if is_jetson else None,
        jetpack=(_package(packages, "nvidia-jetpack") or jetpack_name(l4t)) if is_jetson else None,
        kernel=tree.text("proc/sys/kernel/osrelease") or None,
    )


def read_jetson_linux(tree: Tree) -> str | None:
    """The release that /etc/nv_tegra_release names, such as `36.4.3`; None where it names none."""
    text = tree.text(_RELEASE_FILE)
    if text is None:
        return None
    major, revision = _MAJOR.search(text), _REVISION.search(text)
    if major is None:
        tree.note(_RELEASE_FILE, f"{text[:40]!r} names no release")
        return None
    return f"{major[1]}.{revision[1]}" if revision else major[1]


def _kind(model: str, compatible: tuple[str, ...], l4t: str | None) -> Kind:
    if any(name.startswith("nvidia,tegra") for name in compatible) or "Jetson" in model or l4t:
        return Kind.JETSON
    if model.startswith("Raspberry Pi") or any(name.startswith("raspberrypi,") for name in compatible):
        return Kind.RASPBERRY_PI
    return Kind.OTHER


def _pc_model(tree: Tree) -> str | None:
    parts = (tree.text(f"sys/class/dmi/id/{name}") for name in ("sys_vendor", "product_name"))
    return " ".join(part for part in parts if part) or None


def _package(packages: str, name: str) -> str | None:
    """The upstream version of a Debian package that is installed."""
    start = packages.find(f"Package: {name}\n")
    if start < 0:
        return None
    entry = packages[start : packages.find("\n\n", start) if "\n\n" in packages[start:] else None]
    version = _VERSION.search(entry)
    return version[1] if version and "Status: install ok installed" in entry else None
