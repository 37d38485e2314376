"""What of the GPU's side runs without TensorRT, run for real: memory, threads, graphs, framing.

```sh
pip install pycuda cuda-bindings opencv-python-headless      # cuda-bindings of the driver's CUDA; optional
python benchmarks/on_a_gpu.py
python benchmarks/on_a_gpu.py --discs 50 --rounds 5 --json gpu.json
```

For whoever has an NVIDIA GPU, a Jetson or a card. Each line is a check or a measurement; the exit code is 1 where a
check fails. Framing is timed beside the processor's in turn, each first every other time; wall time, the wait included.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from fundusgate.runtime.backends.cuda_buffers import NAN_BITS, CopiedBuffer, MappedBuffer, buffer_kind
from fundusgate.runtime.backends.cuda_context import current, load_pycuda, primary_context
from fundusgate.runtime.backends.cuda_graph import CudaGraph, CudaGraphError, load_driver
from fundusgate.runtime.disc import Disc
from fundusgate.runtime.engines.machine import read_machine
from fundusgate.runtime.framing.framer import PROCESSOR
from fundusgate.runtime.framing.gpu import GpuFramer

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (512, 384)
"""Of the shipped networks' inputs."""
SIDES = (400, 640, 960, 1280, 1920, 2560, 3600)
"""Squares about a disc, pixels, from a small live frame to a still of 12 megapixels."""
THREADS = 4


@dataclass
class Report:
    """What was found.

    Attributes:
        machine: what it ran on.
        checks: by name, whether it holds and what to say of it.
        times: by name, measurements.
    """

    machine: dict[str, str] = field(default_factory=dict)
    checks: dict[str, tuple[bool, str]] = field(default_factory=dict)
    times: dict[str, dict[str, float]] = field(default_factory=dict)

    def check(self, name: str, holds: bool, says: str = "") -> None:
        """Keep and tell whether something is as it must be."""
        self.checks[name] = (holds, says)
        print(f"{'ok  ' if holds else 'FAIL'} {name}{': ' if says else ''}{says}", flush=True)

    def measured(self, name: str, **values: float) -> None:
        """Keep and tell figures."""
        self.times[name] = values
        print(f"     {name}: {', '.join(f'{key} {value:.4g}' for key, value in values.items())}", flush=True)


def look(report: Report, cuda: Any) -> None:  # noqa: ANN401 - pycuda has no type stubs
    """What it runs on."""
    machine = read_machine()
    report.machine = {
        "gpu": machine.board,
        "compute capability": ".".join(map(str, machine.capability)),
        "CUDA of the driver": machine.cuda,
        "pycuda": ".".join(map(str, getattr(sys.modules["pycuda"], "VERSION", ("unknown",)))),
        "buffers": buffer_kind(cuda).__name__,
        "processor": platform.processor() or platform.machine(),
        "OpenCV": f"{cv2.__version__}, {cv2.getNumThreads()} threads",
    }
    print("\n".join(f"     {name}: {value}" for name, value in report.machine.items()), flush=True)


def memory(report: Report, cuda: Any) -> None:  # noqa: ANN401 - as above
    """Both kinds of buffers, whichever this GPU would be given."""
    stream = cuda.Stream()
    for kind in (MappedBuffer, CopiedBuffer):
        pattern = np.random.default_rng(0).random((1, 64, 64, 3), dtype=np.float32)
        buffer = kind(cuda, pattern.shape, np.dtype(np.float32))
        report.check(f"{kind.__name__} is aligned to 256 bytes", buffer.address % 256 == 0, hex(buffer.address))
        buffer.host[...] = pattern
        buffer.upload(stream)
        stream.synchronize()
        if kind is CopiedBuffer:
            buffer.host.fill(0)
            buffer.download(stream)
            stream.synchronize()
        report.check(f"{kind.__name__} gives back what it was given", bool((buffer.host == pattern).all()))
        cuda.memset_d32_async(buffer.address, NAN_BITS, buffer.host.size, stream)
        buffer.download(stream)
        stream.synchronize()
        report.check(f"{kind.__name__} shows what the GPU wrote", bool(np.isnan(buffer.host).all()))
        buffer.free()


def threads(report: Report, cuda: Any, context: Any, rounds: int) -> None:  # noqa: ANN401 - as above
    """The context pushed and popped in several threads at once, each with memory and a stream of its own."""
    wrong: list[str] = []

    def use(seed: int) -> None:
        try:
            pattern = np.random.default_rng(seed).integers(0, 256, 300_000, dtype=np.uint8)
            with current(context):
                stream, buffer = cuda.Stream(), CopiedBuffer(cuda, pattern.shape, np.dtype(np.uint8))
            for _ in range(rounds):
                with current(context):
                    buffer.host[...] = pattern
                    buffer.upload(stream)
                    stream.synchronize()
                    buffer.host.fill(0)
                    buffer.download(stream)
                    stream.synchronize()
                if not np.array_equal(buffer.host, pattern):
                    wrong.append(f"thread {seed} read something else")
            with current(context):
                buffer.free()
                del stream
        except cuda.Error as error:
            wrong.append(f"thread {seed}: {error}")

    every = [threading.Thread(target=use, args=(seed,)) for seed in range(THREADS)]
    for thread in every:
        thread.start()
    for thread in every:
        thread.join()
    report.check(f"{THREADS} threads share the primary context", not wrong, "; ".join(wrong[:3]))


def graph(report: Report, cuda: Any, rounds: int) -> None:  # noqa: ANN401 - as above
    """An inference's copies and fillings, captured on pycuda's stream through cuda-python, beside call by call."""
    try:
        driver = load_driver()
    except CudaGraphError as error:
        report.check("a CUDA graph", True, f"not tried: {error}")
        return
    stream = cuda.Stream()
    given = CopiedBuffer(cuda, (1, 512, 512, 3), np.dtype(np.uint8))
    outputs = [CopiedBuffer(cuda, shape, np.dtype(np.float32)) for shape in ((1, 1, 16, 16), (1, 1))]

    def enqueue() -> None:
        given.upload(stream)
        for output in outputs:
            output.poison(stream)
            output.download(stream)

    def once(submit: Callable[[], None]) -> None:
        submit()
        stream.synchronize()

    once(enqueue)
    captured = CudaGraph(driver, int(stream.handle), enqueue)
    for number in range(3):
        given.host.fill(number)
        for output in outputs:
            output.host.fill(0)
        once(captured.launch)
    poisoned = all(np.isnan(output.host).all() for output in outputs)
    given.host.fill(0)
    given.download(stream)
    stream.synchronize()
    report.check("a CUDA graph does what was enqueued", poisoned and bool((given.host == number).all()))
    plain, launched = (
        seconds(lambda submit=submit: once(submit), 20 * rounds) for submit in (enqueue, captured.launch)
    )
    report.measured("one inference's copies, us", plain=1e6 * plain, graph=1e6 * launched, ratio=launched / plain)
    captured.close()
    for buffer in (given, *outputs):
        buffer.free()


def pictures(report: Report, framer: GpuFramer, discs: int) -> None:
    """Random discs against the processor's."""
    rng = np.random.default_rng(1)
    values = differing = furthest = masks = 0
    for _ in range(discs):
        height, width = rng.integers(20, 2200, 2)
        small = rng.integers(0, 256, (max(2, height // 3), max(2, width // 3), 3), dtype=np.uint8)
        rgb = cv2.resize(small, (int(width), int(height)), interpolation=cv2.INTER_CUBIC)
        size = int(rng.choice(SIZES))
        radius = rng.choice([rng.uniform(5, 1200), size / 2, size, 1.5 * size, 0.48 * min(height, width)])
        disc = Disc(rng.uniform(-0.1, 1.1) * width, rng.uniform(-0.1, 1.1) * height, float(radius), bounded=True)
        given, expected = (each.frame(rgb, disc, (size,))[size] for each in (framer, PROCESSOR))
        apart = np.abs(given.rgb.astype(np.int16) - expected.rgb)
        values, differing = values + apart.size, differing + int((apart > 0).sum())
        furthest, masks = max(furthest, int(apart.max())), masks + int((given.inside != expected.inside).sum())
    says = f"{differing} of {values} values of {discs} discs differ, by {furthest} at most; {masks} pixels of masks"
    report.check("framing is within one grey level", furthest <= 1 and masks == 0, says)


def framing_times(report: Report, framer: GpuFramer, rounds: int) -> None:
    """Both sizes of a photograph, on the GPU and on the processor."""
    for side in SIDES:
        rgb = np.random.default_rng(side).integers(0, 256, (side, side + 40, 3), dtype=np.uint8)
        disc = Disc(side / 2 + 20, side / 2, 0.499 * side, bounded=True)
        taken: dict[str, list[float]] = {"gpu": [], "processor": []}
        for number in range(-2, rounds):
            pair = [("gpu", framer), ("processor", PROCESSOR)]
            for name, each in pair if number % 2 else pair[::-1]:
                began = time.perf_counter()
                each.frame(rgb, disc, SIZES)
                if number >= 0:
                    taken[name].append(time.perf_counter() - began)
        ratio = statistics.median(a / b for a, b in zip(taken["gpu"], taken["processor"], strict=True))
        medians = {name: 1e3 * statistics.median(values) for name, values in taken.items()}
        report.measured(f"framing a square of {side} px, ms", **medians, ratio=ratio)


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Median of some rounds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def run(discs: int, rounds: int) -> Report:
    """Every check and measurement."""
    report, cuda = Report(), load_pycuda()
    context = primary_context(cuda)
    look(report, cuda)
    with current(context):
        memory(report, cuda)
        graph(report, cuda, rounds)
    threads(report, cuda, context, rounds)
    framer = GpuFramer(dict.fromkeys(SIZES))
    report.check("the driver compiles the kernels", True)
    pictures(report, framer, discs)
    framing_times(report, framer, rounds)
    framer.close()
    return report


def main(arguments: list[str] | None = None) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--discs", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--json", type=Path, help="also write everything here")
    chosen = parser.parse_args(arguments)
    report = run(chosen.discs, chosen.rounds)
    if chosen.json:
        chosen.json.write_text(json.dumps(asdict(report), indent=1), encoding="utf-8")
    return 0 if all(holds for holds, _ in report.checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
