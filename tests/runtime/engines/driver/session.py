"""A played TensorRT on the real pycuda and cuda-python above the stand-in driver; run by `test_real_pycuda`."""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path

import numpy as np

from fundusgate.runtime.disc import Disc
from fundusgate.runtime.framing.gpu import GpuFramer
from fundusgate.runtime.preprocessing import frame_disc
from tests.runtime.backends.contract import picture
from tests.runtime.backends.gpu import engine_of
from tests.runtime.engines.driver.stand_in import StandIn
from tests.runtime.graphs import MEANS, SIDE, write_graph


def main() -> None:
    """Open, frame, infer and close, from several threads."""
    gpu = StandIn()
    with tempfile.TemporaryDirectory() as folder:
        backend = engine_of(write_graph(Path(folder) / "means.onnx", MEANS), gpu)  # type: ignore[arg-type]
        with backend:
            print(backend.description)
            framer = GpuFramer({SIDE: backend.device_input, 40: None})

            def use(seed: int) -> None:
                image = picture(seed)
                assert np.isclose(backend.infer(image)["score"][0], image.mean() / 255, rtol=1e-5)
                rgb, disc = np.tile(picture(seed), (11, 13, 1)), Disc(50, 44, 41.5 + seed, bounded=True)
                framed = framer.frame(rgb, disc, (SIDE, 40))
                for size, given in framed.items():
                    assert np.array_equal(given.rgb, frame_disc(rgb, disc, size).rgb)
                score = backend.infer(framed[SIDE].rgb)["score"][0]
                assert np.isclose(score, framed[SIDE].rgb.mean() / 255, rtol=1e-5)

            failed: list[BaseException] = []
            for seed in range(4):
                thread = threading.Thread(target=lambda seed=seed: _kept(use, seed, failed))
                thread.start()
                thread.join()
            use(5)
            framer.close()
    assert not failed, failed
    assert gpu.held == 0, gpu.held
    print("all given back")


def _kept(use: object, seed: int, failed: list[BaseException]) -> None:
    try:
        use(seed)  # type: ignore[operator]
    except (AssertionError, RuntimeError) as error:
        failed.append(error)


if __name__ == "__main__":
    sys.exit(main())
