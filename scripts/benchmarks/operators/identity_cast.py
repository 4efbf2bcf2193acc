from .case import Case


def copy(t, x):
    return x.clone()


CASES = [
    *(Case(name, "x", copy) for name in ["BlockGrad", "_copy", "make_loss"]),
    Case("_copyto", "x", copy, mxnet=False),
    Case("Cast", "x", lambda t, x: x.to(t.float16), {"dtype": "float16"}, "to float16"),
    Case("Cast", "x:float16", lambda t, x: x.to(t.float32), {"dtype": "float32"}, "of float16"),
    Case("Cast", "x", lambda t, x: x.to(t.int32), {"dtype": "int32"}, "to int32"),
    Case("Cast", "x", lambda t, x: x.to(t.float64), {"dtype": "float64"}, "to float64"),
    Case("Cast", "x", lambda t, x: x.to(t.bfloat16), {"dtype": "bfloat16"}, "to bfloat16", mxnet=False),
    Case("amp_cast", "x", lambda t, x: x.to(t.float16), {"dtype": "float16"}),
    Case("amp_multicast", "x:float16 y", lambda t, x, y: (x.float(), y.clone()), {"num_outputs": 2}, mxnet=False),
    Case("_identity_with_attr_like_rhs", "x y", lambda t, x, y: x.clone()),
    Case("ones_like", "x", lambda t, x: t.ones_like(x)),
    Case("zeros_like", "x", lambda t, x: t.zeros_like(x)),
    Case("shape_array", "x", lambda t, x: t.tensor(x.shape), sizes=("small",)),
    Case("size_array", "x", lambda t, x: t.tensor([x.numel()]), sizes=("small",)),
]
