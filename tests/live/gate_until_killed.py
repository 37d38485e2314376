"""Runs a live gate that takes photograph after photograph by itself, until somebody kills it.

Arguments: the bundle's folder and the archive's. Prints the identifier of each capture whose verdict was shown.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fundusgate.archive.store import Archive
from fundusgate.codes import Laterality
from fundusgate.live.commands import Automatic, Choose, Continue
from fundusgate.live.engine import CommandRefused, LiveGate
from fundusgate.live.settings import LiveSettings
from fundusgate.runtime import Assessor, Profile
from fundusgate.runtime.gate.settings import GateSettings
from fundusgate.runtime.gate.state import PASSED, Field, Phase
from tests.live.parts import EyeCamera, lenient


def main(bundle: Path, folder: Path) -> None:
    settings = LiveSettings(gate=GateSettings(hold=0.3, auto_after=0.05))
    profile = lenient(Profile.load())
    with (
        Assessor.open(bundle, threads=1, profile=profile) as assessor,
        Archive.open(folder) as archive,
        LiveGate(EyeCamera(), assessor, archive, settings) as gate,
    ):
        gate.submit(Automatic(on=True))
        gate.submit(Choose(laterality=Laterality.OD, field=Field.MACULA))
        revision, shown = 0, ""
        while True:
            snapshot = gate.wait_for_newer(revision, 10)
            if snapshot is None:
                continue
            revision = snapshot.revision
            if snapshot.phase in PASSED and snapshot.captures[0].id != shown:
                shown = snapshot.captures[0].id
                print(shown, flush=True)
                try:
                    gate.submit(Continue())
                except CommandRefused:
                    continue
            elif snapshot.phase is Phase.READY and shown:
                # the gate flashes a settled target only where it is asked to
                from fundusgate.live.commands import Press

                try:
                    gate.submit(Press())
                except CommandRefused:
                    continue


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
