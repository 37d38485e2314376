"""Every candidate asked about every photograph, once: answers are kept on the disk, a line each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .judges import Shown, Word
from .strange_cameras import VERSION, through

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .groups import Item
    from .judges import Judge

BATCH = 8


class Answers:
    """One candidate's words by question, kept in one file of JSON lines that a broken run leaves usable."""

    def __init__(self, folder: Path, key: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{key}.v{VERSION}.jsonl"
        self._words: dict[str, Word] = {}
        if self._path.is_file():
            *whole, torn = self._path.read_text(encoding="utf-8").split("\n")
            if torn:  # the last line of a run that was killed
                self._path.write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")
            for line in whole:
                row = json.loads(line)
                name = row.pop("of")
                self._words[name] = Word(**row)

    def get(self, item: Item, camera: str) -> Word | None:
        """What was said before."""
        return self._words.get(_name(item, camera))

    def add(self, answered: Sequence[tuple[Item, str, Word]]) -> None:
        """Keep some answers."""
        with self._path.open("a", encoding="utf-8") as stream:
            for item, camera, word in answered:
                self._words[_name(item, camera)] = word
                stream.write(json.dumps({"of": _name(item, camera)} | word.to_json_object()) + "\n")


def _name(item: Item, camera: str) -> str:
    return f"{item.group}|{item.name}|{camera}"


def ask(
    judges: Sequence[Judge],
    questions: Sequence[tuple[Item, str]],
    folder: Path,
    tell: Callable[[int], None],
) -> list[Answers]:
    """Ask every candidate what it has not answered yet; each photograph is read once for all of them.

    Args:
        judges: The candidates.
        questions: Photographs with the camera that each is to be taken through.
        folder: Where answers are kept.
        tell: Called with how many questions were dealt with since it was called last.
    """
    answers = [Answers(folder, judge.key) for judge in judges]
    for start in range(0, len(questions), BATCH):
        batch = questions[start : start + BATCH]
        open_questions = [
            [place for place, question in enumerate(batch) if known.get(*question) is None] for known in answers
        ]
        needed = sorted({place for places in open_questions for place in places})
        pixels = {place: Shown(through(batch[place][1], batch[place][0].pixels())) for place in needed}
        for judge, known, places in zip(judges, answers, open_questions, strict=True):
            if places:
                words = judge.judge([pixels[place] for place in places])
                known.add([(*batch[place], word) for place, word in zip(places, words, strict=True)])
        tell(len(batch))
    return answers
