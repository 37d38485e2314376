"""Tests that press Ctrl-C hold wherever they are started from."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

INTERRUPTED = """
import signal, subprocess, sys
import tests.conftest
child = subprocess.Popen([sys.executable, "-c", "import time; print(1, flush=True); time.sleep(60)"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
child.stdout.readline()
child.send_signal(signal.SIGINT)
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, child.wait(30))
"""


def test_programs_started_by_tests_hear_ctrl_c_in_a_shells_background() -> None:
    deaf = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"
    )
    result = subprocess.run(
        [sys.executable, "-c", deaf, sys.executable, "-c", INTERRUPTED],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    assert result.stdout.split() == ["True", str(-signal.SIGINT)]
