"""Pooling on a GPU against the CPU."""

import mx
import pytest

WINDOWS = {
    "1d": ((2, 3, 9), {"kernel": (3,), "stride": (2,), "pad": (1,)}),
    "2d": ((2, 3, 6, 7), {"kernel": (2, 3)}),
    "overlapping": ((1, 2, 7, 7), {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1)}),
    "apart": ((1, 2, 7, 7), {"kernel": (2, 2), "stride": (3, 3)}),
    "full": ((1, 2, 8, 9), {"kernel": (3, 3), "stride": (2, 2), "pooling_convention": "full"}),
    "same": ((1, 2, 7), {"kernel": (3,), "stride": (2,), "pooling_convention": "same"}),
    "channels last": ((2, 5, 4, 3), {"kernel": (2, 2), "stride": (2, 1), "pad": (1, 0), "layout": "NHWC"}),
    "global": ((2, 3, 4, 5), {"global_pool": True}),
    "3d": ((1, 2, 4, 3, 4), {"kernel": (2, 2, 2), "stride": (2, 1, 2)}),
}
TYPES = {
    "max": {"pool_type": "max"},
    "avg": {"pool_type": "avg"},
    "avg without padding": {"pool_type": "avg", "count_include_pad": False},
    "sum": {"pool_type": "sum"},
    "l1": {"pool_type": "lp", "p_value": 1},
    "l2": {"pool_type": "lp", "p_value": 2},
    "l3": {"pool_type": "lp", "p_value": 3},
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("window", WINDOWS)
def test_pooling(both, window, kind):
    shape, parameters = WINDOWS[window]
    if parameters.get("pooling_convention") == "same" and kind.startswith("l"):
        pytest.skip("the CPU has no such norm")
    both(lambda x: mx.nd.Pooling(mx.nd.abs(x) + 0.1, **parameters, **TYPES[kind]), shape)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_pooling_of_other_dtypes(both, kind, dtype):
    both(lambda x: mx.nd.Pooling(x, kernel=(3, 3), stride=(2, 2), pool_type=kind), (2, 3, 7, 7), dtype=dtype)


def test_the_first_of_the_largest_gets_the_gradient(both):
    both(lambda x: mx.nd.Pooling(mx.nd.round(x), kernel=(3, 3), stride=(2, 2), pad=(1, 1)), (2, 2, 6, 6))
