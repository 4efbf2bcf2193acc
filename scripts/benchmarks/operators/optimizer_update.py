"""Updates in place. PyTorch's are the fused steps of its optimizers, or those over lists of arrays."""

from .case import Case

LR = 0.001
STEP = {"lr": LR}
MANY = 4  # weights of the updates of several


def optimizer(name, **settings):
    """Steps of torch.optim on the first array with the second as its gradient."""

    def step(t, w, g, *_):
        key = (name, id(w))
        if key not in STEPPERS:
            STEPPERS.clear()  # the arrays of the case before are no longer needed
            w.requires_grad_(True)
            w.grad = g
            STEPPERS[key] = getattr(t.optim, name)([w], lr=LR, **settings)
        return STEPPERS[key].step()

    return step


STEPPERS = {}
FOREACH, FUSED = {"foreach": True}, {"fused": True}


def several(name, count, **settings):
    """The same for MANY weights, each with ``count`` arrays."""

    def step(t, *arrays):
        key = (name, id(arrays[0]))
        if key not in STEPPERS:
            STEPPERS.clear()
            weights = arrays[: MANY * count : count]
            for w, g in zip(weights, arrays[1 : MANY * count : count]):
                w.requires_grad_(True)
                w.grad = g
            STEPPERS[key] = getattr(t.optim, name)(weights, lr=LR, **settings)
        return STEPPERS[key].step()

    return step


def many(operator, arrays, torch, params, tail=""):
    count = len(arrays.split())
    inputs = f"{arrays} " * MANY + tail
    counted = {} if "num_tensors" in params else {"num_weights": MANY}
    return Case(operator, inputs, torch, counted | params, out=tuple(range(0, MANY * count, count)))


def single(operator, arrays, torch, params, out=(0,), **rest):
    return Case(operator, arrays, torch, params, out=out, **rest)


LISTS = {"lrs": [LR] * MANY, "wds": [0.0] * MANY}
ETAS = {"etas": [1.0] * MANY}
LAMB = {"learning_rates": [LR] * MANY, "wds": [0.0] * MANY, "step_count": [1] * MANY, "num_tensors": MANY}
ADAM, SGD, MOMENTUM = optimizer("Adam", **FUSED), optimizer("SGD", **FUSED), optimizer("SGD", momentum=0.9, **FUSED)
M9 = {"momentum": 0.9}

CASES = [
    single("sgd_update", "x y", SGD, STEP),
    single("sgd_mom_update", "x y z", MOMENTUM, {**STEP, **M9}),
    single("mp_sgd_update", "x:float16 y:float16 z", None, STEP),
    single("mp_sgd_mom_update", "x:float16 y:float16 z unit", None, {**STEP, **M9}),
    single("nag_mom_update", "x y z", optimizer("SGD", momentum=0.9, nesterov=True, **FUSED), {**STEP, **M9}),
    single("mp_nag_mom_update", "x:float16 y:float16 z unit", None, {**STEP, **M9}),
    single("signsgd_update", "x y", lambda t, w, g: w.sub_(g.sign(), alpha=LR), STEP),
    single("signum_update", "x y z", None, {**STEP, **M9}),
    single("adam_update", "x y z positive", ADAM, STEP),
    single("_adamw_update", "x y z positive scale", optimizer("AdamW", **FUSED), {**STEP, "eta": 1.0}),
    single("_mp_adamw_update", "x:float16 y:float16 z positive unit scale", None, {**STEP, "eta": 1.0}),
    single("ftml_update", "x y positive z unit", None, {**STEP, "t": 1}),
    single("ftrl_update", "x y z positive", None, STEP),
    single("rmsprop_update", "x y positive", optimizer("RMSprop", **FOREACH), STEP),
    single(
        "rmspropalex_update", "x y above unit z", optimizer("RMSprop", centered=True, momentum=0.9, **FOREACH), STEP
    ),
    single("_sparse_adagrad_update", "x y positive", optimizer("Adagrad", **FUSED), STEP, mxnet=False),
    single("_contrib_group_adagrad_update", "x y column", None, STEP, mxnet=False),
    single("lamb_update_phase1", "x y z positive", None, {"t": 1, "wd": 0.0}, ()),
    single("lamb_update_phase2", "x y scale scale", lambda t, w, g, a, b: w.sub_(LR * (a / b) * g), STEP),
    single("mp_lamb_update_phase1", "x:float16 y:float16 z positive unit", None, {"t": 1, "wd": 0.0}, ()),
    single("mp_lamb_update_phase2", "x:float16 y scale scale z", None, STEP),
    single("multi_lars", "rates rates rates rates", None, {"eta": 0.1, "eps": 1e-8}, ()),
    many("multi_sgd_update", "part other_part", several("SGD", 2, **FUSED), LISTS),
    many("multi_sgd_mom_update", "part other_part part", several("SGD", 3, momentum=0.9, **FUSED), {**LISTS, **M9}),
    many("multi_mp_sgd_update", "part:float16 other_part:float16 part", None, LISTS),
    many("multi_mp_sgd_mom_update", "part:float16 other_part:float16 other_part part", None, {**LISTS, **M9}),
    many(
        "_multi_adamw_update",
        "part other_part part square_part",
        several("AdamW", 4, **FUSED),
        {**LISTS, **ETAS},
        "scale",
    ),
    many(
        "_multi_mp_adamw_update",
        "part:float16 other_part:float16 part square_part part",
        None,
        {**LISTS, **ETAS},
        "scale",
    ),
    many("_multi_lamb_update", "part other_part part square_part", None, LAMB),
    many("_multi_mp_lamb_update", "part:float16 other_part:float16 part square_part part", None, LAMB),
    many("preloaded_multi_sgd_update", "part other_part", several("SGD", 2, **FUSED), {}, "rates no_rates"),
    many(
        "preloaded_multi_sgd_mom_update",
        "part other_part part",
        several("SGD", 3, momentum=0.9, **FUSED),
        M9,
        "rates no_rates",
    ),
    many("preloaded_multi_mp_sgd_update", "part:float16 other_part:float16 part", None, {}, "rates no_rates"),
    many(
        "preloaded_multi_mp_sgd_mom_update",
        "part:float16 other_part:float16 other_part part",
        None,
        M9,
        "rates no_rates",
    ),
]
