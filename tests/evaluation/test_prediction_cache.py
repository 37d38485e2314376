from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.codes import Verdict
from fundusgate.evaluation.prediction_cache import CacheError, PredictionCache
from tests.evaluation.pictures import prediction

if TYPE_CHECKING:
    from pathlib import Path

KEEPS_UNTIL_KILLED = """
import sys
from pathlib import Path
from fundusgate.evaluation.prediction_cache import PredictionCache
from tests.evaluation.pictures import prediction
with PredictionCache(Path(sys.argv[1])) as cache:
    for number in range(10**6):
        cache.keep(f"{number}", "engine", prediction(score=float(number % 100)))
        print(number, flush=True)
"""


def test_what_is_kept_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kept = prediction(
        score=100 / 3,
        opinion=0.1 + 0.2,
        verdict=Verdict.RETAKE,
        degraded=rng.random((16, 16)).astype(np.float32),
        cells=rng.random((16, 16)) < 0.5,
    )
    with PredictionCache(tmp_path / "folder" / "p.sqlite") as cache:
        cache.keep("photograph", "engine", kept)
    with PredictionCache(tmp_path / "folder" / "p.sqlite") as cache:
        found = cache.find("photograph", "engine")
        assert cache.find("photograph", "another engine") is None
        assert cache.find("another photograph", "engine") is None
    assert found is not None
    assert (found.score, found.opinion, found.verdict) == (100 / 3, 0.1 + 0.2, Verdict.RETAKE)
    assert (found.box, found.size) == (kept.box, kept.size)
    assert np.array_equal(found.map, kept.map)
    assert found.map.dtype == np.float32
    assert np.array_equal(found.cells, kept.cells)


def test_a_later_prediction_takes_the_place(tmp_path: Path) -> None:
    with PredictionCache(tmp_path / "p.sqlite") as cache:
        cache.keep("photograph", "engine", prediction(score=1))
        cache.keep("photograph", "engine", prediction(score=2))
        found = cache.find("photograph", "engine")
    assert found is not None
    assert found.score == 2


def test_what_was_kept_outlives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    process = subprocess.Popen([sys.executable, "-c", KEEPS_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    last = 0
    for line in process.stdout:
        last = int(line)
        if last >= 20:
            os.kill(process.pid, signal.SIGKILL)
            break
    process.stdout.close()
    process.wait()
    with PredictionCache(path) as cache:
        assert all(cache.find(f"{number}", "engine") is not None for number in range(last + 1))


def test_a_file_that_is_no_cache_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    path.write_bytes(b"not a database, and longer than its header would be" * 20)
    with pytest.raises(CacheError, match="remove it or give another --out"):
        PredictionCache(path)
    (tmp_path / "file").touch()
    with pytest.raises(CacheError, match="cannot be made"):
        PredictionCache(tmp_path / "file" / "p.sqlite")
