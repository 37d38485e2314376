from __future__ import annotations

import threading

import pytest

from fundusgate.runtime.beside import Beside
from fundusgate.runtime.stopwatch import PREPROCESS, Stopwatch


@pytest.mark.parametrize("processors", [1, 2, 64])
def test_the_work_is_done_once_and_its_result_given(processors: int) -> None:
    beside = Beside(processors)
    done: list[int] = []

    def work() -> int:
        done.append(threading.get_ident())
        return len(done)

    assert beside.begin(work).result() == 1
    assert (done[0] == threading.get_ident()) is (processors == 1)
    beside.close()


def test_it_goes_on_while_the_caller_does_something_else() -> None:
    beside, free = Beside(2), threading.Event()
    begun = beside.begin(lambda: free.wait(30))
    free.set()
    assert begun.result() is True
    beside.close()


@pytest.mark.parametrize("processors", [1, 2])
def test_what_the_work_raises_is_raised_where_the_result_is_asked_for(processors: int) -> None:
    beside = Beside(processors)
    failing, working = beside.begin(lambda: 1 // 0), beside.begin(lambda: 7)
    with pytest.raises(ZeroDivisionError):
        failing.result()
    assert working.result() == 7
    beside.close()


@pytest.mark.parametrize("processors", [1, 2])
def test_closing_waits_for_what_was_begun(processors: int) -> None:
    beside = Beside(processors)
    begun = beside.begin(lambda: 3)
    beside.close()
    beside.close()
    assert begun.result() == 3


def test_stages_of_a_stopwatch() -> None:
    clock = Stopwatch()
    for stage in (*PREPROCESS, "map"):
        clock.lap(stage)
    stages = clock.stages()
    assert list(stages) == ["disc", "framing", "cues", "map", "preprocess", "total"]
    assert stages["preprocess"] == pytest.approx(stages["disc"] + stages["framing"] + stages["cues"])
    assert stages["total"] >= stages["preprocess"] + stages["map"] >= 0
