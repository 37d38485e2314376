"""Predictions kept between runs, so that an interrupted evaluation goes on where it stopped."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from fundusgate.evaluation.prediction import Prediction

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

_SCHEMA = """
CREATE TABLE IF NOT EXISTS predictions (
    photograph TEXT NOT NULL, engine TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (photograph, engine)
) WITHOUT ROWID
"""


class CacheError(RuntimeError):
    """Predictions cannot be kept; the message says why and what to do."""


class PredictionCache:
    """Predictions by the photograph's bytes and by what judged it; use it as a context manager.

    Each prediction is on the disk when `keep` returns, so a run may be killed at any moment.

    Args:
        path: The file; it and its folder are made where they are missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute(_SCHEMA)
        except OSError as error:
            raise CacheError(f"{path.parent} cannot be made ({error.strerror}); give another --out") from error
        except sqlite3.Error as error:
            raise CacheError(f"{path} cannot be used ({error}); remove it or give another --out") from error

    def find(self, photograph: str, engine: str) -> Prediction | None:
        """The prediction for a photograph.

        Args:
            photograph: SHA-256 of the file's bytes, hexadecimal.
            engine: What judged it: `Predictor.identity`.

        Returns:
            None where there is none, or where what is kept cannot be read.

        Raises:
            CacheError: The file is damaged.
        """
        try:
            row = self._database.execute(
                "SELECT content FROM predictions WHERE photograph = ? AND engine = ?", (photograph, engine)
            ).fetchone()
        except sqlite3.Error as error:
            raise CacheError(f"{self._path} cannot be read ({error}); remove it and run again") from error
        if row is None:
            return None
        try:
            return Prediction.from_text(row[0])
        except (ValueError, KeyError, TypeError):
            return None

    def keep(self, photograph: str, engine: str, prediction: Prediction) -> None:
        """Keep a prediction.

        Raises:
            CacheError: The disk is full or the file is damaged.
        """
        try:
            self._database.execute(
                "INSERT OR REPLACE INTO predictions VALUES (?, ?, ?)", (photograph, engine, prediction.to_text())
            )
        except sqlite3.Error as error:
            raise CacheError(f"{self._path} cannot be written ({error}); make room and run again") from error

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
