from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fundusgate.calibration.tensor_range import TensorRange
from fundusgate.calibration.weight_codes import DEAD_SCALE, SMALLEST_SCALE
from fundusgate.export.quantization.scales import SMALLEST_NORMAL, half_scales, signed_scale, unsigned_scale


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


@given(st.lists(st.floats(1e-12, 500), min_size=1))
def test_a_scale_in_half_precision_is_near_and_never_too_small(scales: list[float]) -> None:
    exact = np.array(scales, np.float32)
    found = half_scales(exact)
    np.testing.assert_array_equal(found, found.astype(np.float16))
    assert (found > 0).all()
    normal = exact >= SMALLEST_NORMAL
    assert (np.abs(found - exact)[normal] <= exact[normal] * 2.0**-11).all()
    assert (found >= exact)[~normal].all()
    assert (found - exact <= 2.0**-24)[~normal].all()
