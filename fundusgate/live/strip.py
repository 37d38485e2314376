"""The session's strip: a card and a small picture of each capture of this run."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fundusgate.live.pictures import jpeg
from fundusgate.live.snapshot import CaptureCard
from fundusgate.runtime.gate.events import Outcome

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.archive.record import CaptureRecord
    from fundusgate.live.messages import Kept
    from fundusgate.runtime.assessment import Assessment


@dataclass
class _Thumbnail:
    picture: NDArray[np.uint8]
    encoded: dict[int, bytes]


class Strip:
    """Captures of this run, newest first; cards are told by one thread, thumbnails asked for by any.

    Args:
        most: captures that are shown.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._cards: tuple[CaptureCard, ...] = ()
        self._thumbnails: dict[str, _Thumbnail] = {}
        self._lock = threading.Lock()

    @property
    def cards(self) -> tuple[CaptureCard, ...]:
        """Newest first."""
        return self._cards

    def add(self, kept: Kept, assessment: Assessment) -> None:
        """Show a capture that has just been kept."""
        card = _card(kept.still, kept.record, assessment)
        with self._lock:
            self._cards = (card, *self._cards)[: self._most]
            if kept.small is not None:
                self._thumbnails[card.id] = _Thumbnail(kept.small, {})
            shown = {each.id for each in self._cards}
            self._thumbnails = {id_: small for id_, small in self._thumbnails.items() if id_ in shown}

    def amend(self, record: CaptureRecord) -> None:
        """Show what was added to a capture's record."""
        with self._lock:
            self._cards = tuple(_amended(card, record) if card.id == record.id else card for card in self._cards)

    def thumbnail(self, id_: str, max_side: int) -> bytes | None:
        """A capture's small picture as JPEG; None for one that is not in the strip.

        Args:
            id_: the archive's identifier.
            max_side: longer side at most, pixels.
        """
        with self._lock:
            small = self._thumbnails.get(id_)
            if small is None:
                return None
            if max_side not in small.encoded:
                small.encoded[max_side] = jpeg(small.picture, max_side)
            return small.encoded[max_side]


def _card(still: int, record: CaptureRecord, assessment: Assessment) -> CaptureCard:
    return CaptureCard(
        id=record.id,
        number=still,
        taken_at=record.taken_at.isoformat(),
        outcome=record.outcome.value,
        verdict=assessment.verdict,
        score=assessment.score,
        main=assessment.main,
        laterality=record.laterality,
        field=record.field,
        attempt=record.attempt,
        overridden=None,
        patient=record.patient,
    )


def _amended(card: CaptureCard, record: CaptureRecord) -> CaptureCard:
    outcome = card.outcome if record.given_up is None else Outcome.CANNOT_OBTAIN.value
    return replace(card, outcome=outcome, overridden=None if record.override is None else record.override.reason)
