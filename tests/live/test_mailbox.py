from __future__ import annotations

import threading
import time

import numpy as np

from fundusgate.device.cameras.base import Frame
from fundusgate.live.mailbox import Mailbox


def frame(sequence: int) -> Frame:
    return Frame(np.zeros((4, 4, 3), np.uint8), timestamp=sequence / 30, sequence=sequence)


def test_only_the_newest_frame_is_handed_out_and_the_rest_counted() -> None:
    box: Mailbox[str] = Mailbox()
    for sequence in range(5):
        box.put_frame(frame(sequence))
    taken = box.take(0.01)
    assert isinstance(taken, Frame)
    assert taken.sequence == 4
    assert box.dropped == 4
    assert box.take(0.01) is None


def test_a_job_goes_before_any_frame() -> None:
    box: Mailbox[str] = Mailbox()
    box.put_frame(frame(0))
    box.put_job("first")
    box.put_job("second")
    assert [box.take(0.01), box.take(0.01)] == ["first", "second"]
    assert isinstance(box.take(0.01), Frame)


def test_held_frames_wait_and_jobs_do_not() -> None:
    box: Mailbox[str] = Mailbox()
    box.let_frames(False)
    box.put_frame(frame(0))
    assert box.take(0.01) is None
    box.put_job("still")
    assert box.take(0.01) == "still"
    box.put_frame(frame(1))
    box.let_frames(True)
    taken = box.take(0.01)
    assert isinstance(taken, Frame)
    assert taken.sequence == 1
    assert box.dropped == 1


def test_closing_wakes_who_waits() -> None:
    box: Mailbox[str] = Mailbox()
    taken: list[object] = ["nothing yet"]
    waiter = threading.Thread(target=lambda: taken.append(box.take(60)))
    waiter.start()
    time.sleep(0.02)
    box.close()
    waiter.join(30)
    assert taken == ["nothing yet", None]
