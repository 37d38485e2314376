"""Programs that work on an archive until they are killed: forked from one warm process, so that hundreds are quick.

`python -m tests.archive.doomed` reads one JSON object a line, `{"job", "root", "seed"}`, forks, and tells on stdout
what the child has been promised: a line counts as acknowledged once it has been written.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fundusgate.archive.export_folder import export_captures
from fundusgate.archive.index import Selection
from fundusgate.archive.pruning import plan_prune, remove
from fundusgate.archive.reader import ArchiveReader
from fundusgate.archive.record import Override
from fundusgate.archive.store import Archive
from tests.archive.captures import START, draft, frame

if TYPE_CHECKING:
    from collections.abc import Callable


def tell(*words: str) -> None:
    os.write(1, (" ".join(words) + "\n").encode())


def keep(root: Path, dice: random.Random) -> None:
    with Archive.open(root) as archive:
        tell("open")
        while True:
            data = dice.randbytes(dice.randrange(1, 60_000))
            staged_first = dice.random() < 0.5
            taken = frame(original=data)
            moment = draft(dice.randrange(100_000))
            record = archive.keep_staged(moment, archive.stage(taken)) if staged_first else archive.keep(moment, taken)
            tell("kept", record.id, hashlib.sha256(data).hexdigest())


def amend(root: Path, dice: random.Random) -> None:
    with Archive.open(root) as archive:
        tell("open")
        ids = [record.id for record in archive.captures()]
        while True:
            id_ = dice.choice(ids)
            reason = dice.randbytes(4).hex()
            archive.amend(id_, override=Override(reason=reason, operator=None, at=START))
            tell("amended", id_, reason)


def rebuild(root: Path, dice: random.Random) -> None:
    tell("open")
    while True:
        index = root / "index.sqlite"
        data = bytearray(index.read_bytes())
        place = dice.randrange(max(1, len(data) - 4096))
        data[place : place + 4096] = dice.randbytes(4096)
        index.write_bytes(data)
        with Archive.open(root) as archive:
            tell("listed", str(sum(1 for _ in archive.captures())))


def export(root: Path, dice: random.Random) -> None:
    out = root.with_name(root.name + f"-out-{dice.randrange(10**9)}")
    with ArchiveReader.look(root) as reader:
        tell("open")
        export_captures(reader, Selection(), out, lambda done, _all: tell("exported", str(done)))


def prune(root: Path, _dice: random.Random) -> None:
    with ArchiveReader.look(root) as reader:
        tell("open")
        for removal in plan_prune(reader, None, None).removals:
            if remove(reader, removal):
                tell("removed", removal.id)


JOBS: dict[str, Callable[[Path, random.Random], None]] = {
    job.__name__: job for job in (keep, amend, rebuild, export, prune)
}


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            tell("pid", str(os.getpid()))
            JOBS[order["job"]](Path(order["root"]), random.Random(order["seed"]))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        tell("ended", str(os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    main()
