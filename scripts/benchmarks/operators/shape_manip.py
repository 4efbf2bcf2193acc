from .case import Case

PATCHES = {"kernel": (3, 3), "stride": (1, 1), "pad": (1, 1)}


def quarter(n):
    return {"begin": (n // 4, n // 4), "end": (n // 4 * 3, n // 4 * 3)}


def middle(x):
    n = len(x)
    return x[n // 4 : n // 4 * 3, n // 4 : n // 4 * 3]


def put(t, x, y):
    x = x.clone()
    middle(x).copy_(y) if hasattr(y, "shape") else middle(x).fill_(y)
    return x


def pad(t, x, mode):
    return t.nn.functional.pad(x, (1, 2, 1, 2), mode)


WIDTHS = (0, 0, 0, 0, 1, 2, 1, 2)

CASES = [
    *(
        Case(name, "x", lambda t, x: x.clone(), params)
        for name, params in [
            ("Flatten", {}),
            ("Reshape", {"shape": (-1,)}),
            ("expand_dims", {"axis": 0}),
            ("squeeze", {}),
        ]
    ),
    Case("reshape_like", "x y", lambda t, x, y: x.clone()),
    Case("Concat", "x y", lambda t, *xs: t.cat(xs, 0), {"dim": 0}, "axis 0"),
    Case("Concat", "part " * 8, lambda t, *xs: t.cat(xs, 1), {"dim": 1}, "axis 1"),
    Case("_rnn_param_concat", "x y", lambda t, *xs: t.cat(xs, 0), {"dim": 0}),
    Case("stack", "part " * 8, lambda t, *xs: t.stack(xs), label="axis 0"),
    Case("stack", "part " * 8, lambda t, *xs: t.stack(xs, 2), {"axis": 2}, "axis 2"),
    Case("SliceChannel", "x", lambda t, x: [p.clone() for p in x.split(len(x) // 2, 1)], {"num_outputs": 2}, "axis 1"),
    Case(
        "SliceChannel",
        "x",
        lambda t, x: [p.clone() for p in x.split(len(x) // 2)],
        {"num_outputs": 2, "axis": 0},
        "axis 0",
    ),
    Case("_split_v2", "x", lambda t, x: [p.clone() for p in x.tensor_split([3], 1)], {"indices": (0, 3)}),
    Case("SwapAxis", "x", lambda t, x: x.t().contiguous(), {"dim1": 0, "dim2": 1}),
    Case("transpose", "x", lambda t, x: x.t().contiguous(), label="matrix"),
    Case("transpose", "images", lambda t, x: x.permute(0, 2, 3, 1).contiguous(), {"axes": (0, 2, 3, 1)}, "images"),
    Case("slice", "x", lambda t, x: middle(x).clone(), quarter),
    Case(
        "slice", "x", lambda t, x: x[::2, ::2].clone(), {"begin": (0, 0), "end": (None, None), "step": (2, 2)}, "steps"
    ),
    Case("slice_axis", "x", lambda t, x: x[:, 2:-2].clone(), {"axis": 1, "begin": 2, "end": -2}),
    Case("slice_like", "x part", lambda t, x, y: x[:, : y.shape[1]].clone()),
    Case("Crop", "images half_images", lambda t, x, y: x[:, :, : y.shape[2], : y.shape[3]].clone()),
    Case("_slice_assign_scalar", "x", lambda t, x: put(t, x, 2.0), lambda n: {"scalar": 2.0, **quarter(n)}),
    Case("_slice_assign", "x y", lambda t, x, y: x.clone().copy_(y), lambda n: {"begin": (0, 0), "end": (n, n)}),
    *(
        Case("Pad", "images", lambda t, x, m=torch: pad(t, x, m), {"mode": mode, "pad_width": WIDTHS}, mode)
        for mode, torch in [("constant", "constant"), ("edge", "replicate"), ("reflect", "reflect")]
    ),
    Case("im2col", "images", lambda t, x: t.nn.functional.unfold(x, 3, padding=1), PATCHES, large=1024),
    Case(
        "col2im",
        "columns",
        lambda t, x: t.nn.functional.fold(x, (int(x.shape[2] ** 0.5),) * 2, 3, padding=1),
        lambda n: {"output_size": {10: (6, 6), 256: (32, 32), 1024: (64, 64)}[n], **PATCHES},
        large=1024,
    ),
    Case("depth_to_space", "images", lambda t, x: t.pixel_shuffle(x, 2), {"block_size": 2}),
    Case("space_to_depth", "images", lambda t, x: t.pixel_unshuffle(x, 2), {"block_size": 2}),
    Case("diag", "x", lambda t, x: x.diagonal().clone(), label="of a matrix"),
    Case("diag", "vector", lambda t, x: t.diag(x), label="of a vector"),
    Case("repeat", "part", lambda t, x: x.repeat_interleave(8, 1), {"repeats": 8, "axis": 1}, "axis 1"),
    Case("repeat", "part", lambda t, x: x.repeat_interleave(8, 0), {"repeats": 8, "axis": 0}, "axis 0"),
    Case("tile", "part", lambda t, x: x.tile(1, 8), {"reps": (1, 8)}),
    Case("reverse", "x", lambda t, x: x.flip(0), {"axis": 0}, "axis 0"),
    Case("reverse", "x", lambda t, x: x.flip(1), {"axis": 1}, "axis 1"),
]
