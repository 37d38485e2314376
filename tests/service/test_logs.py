from __future__ import annotations

import json
import logging
import subprocess
import sys

from fundusgate.service.logs import JsonLines


def line(message: str, *, failed: bool = False, **extra: object) -> dict[str, object]:
    logger = logging.Logger("fundusgate.test")
    try:
        if failed:
            raise ValueError("broken")
        info = None
    except ValueError:
        info = sys.exc_info()
    record = logger.makeRecord("fundusgate.test", logging.INFO, "f.py", 3, message, (), info, extra=extra)
    found: dict[str, object] = json.loads(JsonLines().format(record))
    return found


def test_a_line_is_an_event_with_its_particulars() -> None:
    found = line("capture", outcome="retake", score=41.5)
    assert (found["event"], found["level"], found["outcome"], found["score"]) == ("capture", "info", "retake", 41.5)
    assert str(found["time"]).endswith("+00:00")


def test_who_the_patient_is_is_withheld_whoever_passes_it() -> None:
    found = line("capture", patient="MRN 00417", note="daughter of 00417")
    assert "00417" not in json.dumps(found)
    assert found["patient"] == "withheld"


def test_an_error_keeps_its_traceback_on_one_line() -> None:
    found = line("failed", failed=True)
    assert "ValueError: broken" in str(found["error"])
    assert "\n" not in json.dumps(found)


def test_every_logger_writes_json_to_standard_error() -> None:
    code = (
        "import logging; from fundusgate.service.logs import log_to_standard_error; log_to_standard_error('info');"
        "logging.getLogger('other').warning('übel'); logging.getLogger('other').debug('quiet')"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (only,) = result.stderr.splitlines()
    assert json.loads(only)["event"] == "übel"
