"""Pictures for docs/console.md, from the phantom: `python -m tests.console.screenshots docs/images`."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from fundusgate.codes import Laterality
from fundusgate.console.serve import Address, ConsoleServer
from fundusgate.live.commands import Choose, Continue, Identify, Override, SignIn
from fundusgate.runtime.gate.state import Field
from tests.console.browser import Browser, open_browser
from tests.console.scripted_gate import ScriptedGate

if TYPE_CHECKING:
    from collections.abc import Callable

WIDE, PHONE = (1024, 600), (390, 844)
GAP = 24
QUALITY = 88


def main(folder: Path) -> None:
    with ScriptedGate() as gate, ConsoleServer(gate, Address(port=0), captures=gate) as server, open_browser() as page:
        gate.submit(Identify(patient="TH-00482"))
        gate.submit(SignIn(operator="Asha"))
        session(Studio(gate, page, server.url), folder)


class Studio:
    """Brings the page to a moment and takes its picture."""

    def __init__(self, gate: ScriptedGate, page: Browser, url: str) -> None:
        self.gate, self.page, self.url = gate, page, url

    def open(self, size: tuple[int, int], language: str = "en") -> None:
        self.page.open(self.url, *size, language)
        self.tone("look", "mend", "good", "again", "usable")
        # speeds in a picture would be read as a promise
        self.page.run("document.getElementById('rate').style.display = 'none'")

    def tone(self, *tones: str) -> None:
        self.page.until(lambda: self.page.run("return document.body.dataset.tone") in tones, f"the tone {tones}")

    def see(self, scene: str, tone: str) -> None:
        self.gate.show(scene)
        self.tone(tone)

    def photograph(self, scene: str, tone: str) -> None:
        self.see(scene, "good" if scene == "good" else "mend")
        self.page.click("#shutter")
        self.tone("look")
        self.tone(tone)

    def picture(self) -> Image.Image:
        time.sleep(0.6)  # pictures and rings settle
        return Image.open(io.BytesIO(self.page.driver.get_screenshot_as_png())).convert("RGB")


def session(studio: Studio, folder: Path) -> None:
    def save(name: str, *pictures: Image.Image) -> None:
        side_by_side(pictures).save(folder / name, quality=QUALITY, optimize=True)

    gate, page = studio.gate, studio.page
    studio.open(WIDE)
    gate.submit(Choose(laterality=Laterality.OD, field=Field.MACULA))
    for scene, tone, then in moments(gate):
        studio.photograph(scene, tone)
        then()
    studio.see("top", "mend")
    save("console-prompt.jpg", studio.picture())
    studio.see("good", "good")
    save("console-ready.jpg", studio.picture())
    studio.photograph("top", "again")
    save("console-retake.jpg", studio.picture())
    page.click(".card")
    page.until_says("#capture-causes", "Haze")
    save("console-capture.jpg", studio.picture())
    page.click("#capture-dialog [data-close]")
    phones = []
    studio.open(PHONE, "ar")
    phones.append(studio.picture())
    gate.submit(Continue())
    for language, scene, tone in (("hi", "lid", "mend"), ("en", "good", "good")):
        studio.open(PHONE, language)
        studio.see(scene, tone)
        phones.append(studio.picture())
    save("console-phone.jpg", *phones)
    studio.open(WIDE)
    studio.picture()
    gate.hang()
    studio.tone("stopped")
    save("console-not-live.jpg", studio.picture())


def moments(gate: ScriptedGate) -> list[tuple[str, str, Callable[[], None]]]:
    def again() -> None:
        gate.submit(Continue())

    def next_field() -> None:
        gate.submit(Continue())
        gate.submit(Choose(laterality=Laterality.OD, field=Field.DISC))

    def kept() -> None:
        gate.submit(Override(reason="a lesion must be seen by the reader"))
        gate.submit(Continue())
        gate.submit(Choose(laterality=Laterality.OS, field=Field.DISC))

    return [("focus", "again", again), ("good", "good", next_field), ("lid", "again", kept)]


def side_by_side(pictures: tuple[Image.Image, ...]) -> Image.Image:
    width = sum(picture.width for picture in pictures) + GAP * (len(pictures) - 1)
    sheet = Image.new("RGB", (width, max(picture.height for picture in pictures)), (44, 52, 60))
    left = 0
    for picture in pictures:
        sheet.paste(picture, (left, 0))
        left += picture.width + GAP
    return sheet


if __name__ == "__main__":
    main(Path(sys.argv[1]))
