"""Whether the libraries that only an evaluation needs are installed."""

from __future__ import annotations

from importlib.util import find_spec

NEEDED = {"scikit-learn": "sklearn", "scipy": "scipy", "matplotlib": "matplotlib"}
"""Module by package; openpyxl is asked for only where a table is an Excel workbook."""


class MissingExtraError(RuntimeError):
    """A library of the [evaluation] extra is not installed; the message says which and how to get it."""


def check_extra() -> None:
    """Say at once what is missing, not after an hour of photographs.

    Raises:
        MissingExtraError: A library is not installed.
    """
    missing = [package for package, module in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise MissingExtraError(
            f"{', '.join(missing)} not installed; on a workstation: pip install 'fundusgate[evaluation]'"
        )
