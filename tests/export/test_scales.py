from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fundusgate.calibration.tensor_range import TensorRange
from fundusgate.calibration.weight_codes import DEAD_SCALE, SMALLEST_SCALE
from fundusgate.export.quantization.scales import signed_scale, unsigned_scale


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_a_scale_is_positive_and_covers_the_range(one: float, other: float) -> None:
    seen = TensorRange(min(one, other), max(one, other))
    signed, (unsigned, zero) = signed_scale(seen), unsigned_scale(seen)
    assert signed > 0
    assert unsigned > 0
    assert 127.001 * signed >= max(abs(one), abs(other))
    full = seen.with_zero()
    assert unsigned * (0 - float(zero)) <= full.low + 0.51 * unsigned
    assert unsigned * (255 - float(zero)) >= full.high - 0.51 * unsigned


def test_dead_and_faint_tensors_keep_a_scale() -> None:
    assert signed_scale(TensorRange(0, 0)) == np.float32(DEAD_SCALE)
    assert signed_scale(TensorRange(0, 1e-30)) == np.float32(SMALLEST_SCALE)
    assert unsigned_scale(TensorRange(0, 0))[0] == np.float32(DEAD_SCALE)
