"""The other end of `tests.archive.doomed`: starts its programs, and kills them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


class Doomed:
    """The warm process, asked for one program after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.archive.doomed"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.killed = 0

    def start(self, job: str, root: Path, dice: random.Random) -> int:
        """Start a job; its process number."""
        assert self._process.stdin is not None
        order = {"job": job, "root": str(root), "seed": dice.randrange(2**31)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self.next()[1])

    def run(self, job: str, root: Path, dice: random.Random, longest: float) -> list[list[str]]:
        """Start a job, kill it at a random moment, and give what it was promised until then."""
        child = self.start(job, root, dice)
        told: list[list[str]] = []
        # a quarter dies while it opens the archive, the others after up to three promises and a random time more
        for _ in range(dice.choice((0, 1, 2, 3)) and dice.randrange(1, 5)):
            told.append(self.next())
            if told[-1][0] == "ended":
                return told
        time.sleep(dice.uniform(0, longest))
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        while not told or told[-1][0] != "ended":
            told.append(self.next())
        self.killed += told[-1][1] == str(-signal.SIGKILL)
        assert told[-1][1] in (str(-signal.SIGKILL), "0"), told
        return told

    def next(self) -> list[str]:
        """The next line that the job tells, in words; waits for it."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().split()

    def close(self) -> None:
        self._process.communicate(timeout=20)
