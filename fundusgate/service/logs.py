"""Structured logs: one JSON object a line on standard error, and never who the patient is."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone
from typing import Any

LOGGER = logging.getLogger("fundusgate")

PRIVATE = frozenset({"patient", "note", "identifier"})
"""Names under which nothing is ever written, whoever passes it."""

_OWN = frozenset(logging.LogRecord("", 0, "", 0, "", None, None).__dict__) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """`{"time", "level", "event", ...}`: the message is the event's name, `extra` its particulars."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; values that JSON lacks become text."""
        moment = datetime.fromtimestamp(record.created, timezone.utc)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        for name, value in record.__dict__.items():
            if name not in _OWN:
                line[name] = "withheld" if name in PRIVATE else value
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def log_to_standard_error(level: str = "info") -> None:
    """Let every logger of the program write JSON lines, replacing what was set before.

    Raises:
        ValueError: The level is none of Python's.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
