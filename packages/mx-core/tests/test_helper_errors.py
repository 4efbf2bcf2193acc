"""Wrong input of functions that are written in Python: an error of mx that names the function."""

import pytest
from mx_core import MXNetError, nd

X = nd.ones((2, 3))


@pytest.mark.parametrize(
    "attempt, words",
    [
        (lambda: nd.concatenate(3), r"\[concatenate\] arrays must be a list"),
        (lambda: nd.concatenate(["a"]), r"\[concatenate\].*str"),
        (lambda: nd.moveaxis("a", 0, 1), r"\[moveaxis\] tensor.*str"),
        (lambda: nd.moveaxis(X, None, 1), r"\[moveaxis\] source.*None"),
        (lambda: nd.split_v2(3, 2), r"\[split_v2\] ary.*int"),
        (lambda: nd.split_v2(X, 2, axis=5), r"\[split_v2\].*\(2, 3\) has no axis 5"),
        (lambda: nd.histogram([1, 2]), r"\[histogram\] a.*list"),
        (lambda: nd.histogram(nd.array([1, float("inf")]), 3), r"\[histogram\] 3 bins.*finite"),
        (lambda: nd.onehot_encode(X, 3), r"\[onehot_encode\] out.*int"),
        (lambda: nd.onehot_encode(X, nd.ones((2,))), r"\[onehot_encode\].*\(2,\)"),
        (lambda: nd.contrib.isinf(3), r"\[contrib.isinf\] data.*int"),
        (lambda: nd.contrib.isfinite(None), r"\[contrib.isfinite\] data.*None"),
        (lambda: nd.contrib.rand_zipfian(X, "x", 3), r"\[contrib.rand_zipfian\] num_sampled.*'x'"),
        (lambda: nd.contrib.rand_zipfian(X, 3, -2), r"\[contrib.rand_zipfian\] range_max.*-2"),
        (lambda: nd.contrib.adamw_update("x", X, X, X, 1, 0.1, 1), r"\[contrib.adamw_update\] weight.*str"),
        (lambda: nd.contrib.multi_lamb_update([X], [X, X], [X], [X], [1], [0.1], [0]), r"one length, got 1, 2, 1, 1"),
        (lambda: nd.contrib.multi_lamb_update(3, [X], [X], [X], [1], [0.1], [0]), r"lists.*got int"),
        (lambda: nd.random.exponential(0), r"\[random.exponential\] scale.*0"),
        (lambda: nd.random.exponential("x"), r"\[random.exponential\] scale.*'x'"),
        (lambda: nd.random.gamma(1, 1, out="x"), r"\[random.gamma\] out.*str"),
        (lambda: nd.random.multinomial(nd.array([[1]])[:, 1:]), r"multinomial\] data.*no class"),
        (lambda: nd.random.randint(X, 3), r"\[random.randint\] low and high.*not arrays"),
        (lambda: nd.full((2,), 1, dtype="(1,2"), r"\(1,2.*no element type"),
        (lambda: nd.full((2,), 1, out="x"), r"\[full\] out.*str"),
        (lambda: nd.full((2,), 1, ctx={}), r"\[Context\] \{\} is no device type"),
        (lambda: nd.to_dlpack_for_read(3), r"\[to_dlpack_for_read\] data.*int"),
        (lambda: nd.to_dlpack_for_write("x"), r"\[to_dlpack_for_write\] data.*str"),
    ],
)
def test_errors_name_the_function(attempt, words):
    with pytest.raises(MXNetError, match=words):
        attempt()
