from .case import Case

CASES = [
    *(
        Case(name, "x", torch, {"axis": axis}, f"axis {axis}")
        for axis in (1, 0)
        for name, torch in [
            ("softmax", lambda t, x, a=axis: t.softmax(x, a)),
            ("log_softmax", lambda t, x, a=axis: t.log_softmax(x, a)),
            ("softmin", lambda t, x, a=axis: t.softmax(-x, a)),
        ]
    ),
    Case("SoftmaxActivation", "x", lambda t, x: t.softmax(x, 1)),
    Case("SoftmaxActivation", "images", lambda t, x: t.softmax(x, 1), {"mode": "channel"}, "channel"),
]
