"""Updates of weights and of the states that belong to them."""

from conformance.values import listed, uniform

VALUES = {
    "lr": 0.1,
    "momentum": 0.9,
    "wd": 0.05,
    "rescale_grad": 0.5,
    "clip_gradient": 0.4,
    "clip_grad": 0.4,
    "clip_weights": 0.8,
    "beta1": 0.8,
    "beta2": 0.9,
    "beta": 0.5,
    "lamda1": 0.1,
    "gamma1": 0.8,
    "gamma2": 0.6,
    "epsilon": 1e-3,
    "eta": 0.7,
    "eps": 1e-3,
    "t": 3,
    "bias_correction": False,
    "lazy_update": False,
    "lower_bound": 0.5,
    "upper_bound": 2.0,
    "wd_lh": 0.05,
}
REQUIRED = {"lr": 0.1, "t": 1, "eta": 1.0, "wd": 0.01, "eps": 1e-6}
NON_NEGATIVE = ("var", "n", "v", "history", "r1", "r2", "d")
LISTS = ("lrs", "wds", "etas", "learning_rates", "step_count")
SHAPES = ((1,), (7,), (3, 5), (33, 65))


def design(d) -> None:
    if d.name == "multi_lars":
        _lars(d)
        return
    if d.operator.inputs == ("data...",):
        _several(d)
        return
    names = d.operator.inputs
    base = {name: REQUIRED[name] for name, _, default in d.operator.params if default == "<required>"}

    mixed = "weight32" in names
    usual = "float16" if mixed else "float32"

    def arrays(*shape, dtype=usual):
        return [_array(name, shape, dtype, mixed) for name in names]

    out = () if "phase1" in d.name else (0,)
    for shape in SHAPES:
        d.add(*arrays(*shape), out=out, **base)
    for dtype in ("float32",) if mixed else ("float16", "float64"):
        d.add(*arrays(3, 4, dtype=dtype), out=out, **base)
    for name, _, _ in d.operator.params:
        d.add(*arrays(3, 4), out=out, **{**base, name: VALUES[name]})
    every = {name: VALUES[name] for name, _, _ in d.operator.params}
    d.add(*arrays(3, 4), out=out, **every)
    if out:
        d.add(*arrays(5, 2), **base)


def _array(name, shape, dtype, mixed=False):
    """``mixed``: weights and their gradients are float16, everything else float32."""
    if name == "rescale_grad":
        return listed(0.5)
    if name in ("r1", "r2"):
        shape = (1,)
    if mixed and name not in ("weight", "grad"):
        dtype = "float32"
    if name in NON_NEGATIVE:
        return uniform(*shape, low=0.5, high=2.0, dtype=dtype)
    return uniform(*shape, low={"weight": -2.0, "weight32": -2.0, "grad": -1.0}.get(name, -0.5), high=1.0, dtype=dtype)


def _lars(d) -> None:
    four = [
        uniform(4, low=0.25, high=3.0),
        uniform(4, low=0.0, high=9.0),
        uniform(4, low=0.0, high=4.0),
        uniform(4, low=0.0, high=1.0),
    ]
    d.add(*four, eta=0.7, eps=1e-6)
    d.add(*four, eta=0.7, eps=1e-2)
    d.add(*four, eta=0.1, eps=1e-6, rescale_grad=0.5)
    d.add(*four, eta=0.7, eps=1e-6, out=(0,))
    d.add(listed(0.5, 0.5), listed(0, 1), listed(1, 0), listed(0.25, 0.25), eta=0.7, eps=1e-6)


def _group(name: str) -> tuple:
    """The arrays that belong to each weight, and those that stand at the end."""
    low = "mp_" in name
    if "adamw" in name:
        each = ["weight", "grad", "mean", "var"] + ["weight32"] * low
        return each, ["rescale_grad"]
    if "lamb" in name:
        return ["weight", "grad", "mean", "var"] + ["weight32"] * low, []
    each = ["weight", "grad"] + ["mom"] * ("mom" in name) + ["weight32"] * low
    return each, ["lrs", "wds"] if name.startswith("preloaded") else []


def _several(d) -> None:
    each, tail = _group(d.name)
    mixed = "mp_" in d.name
    shapes = ((3, 4), (7,), (2, 2, 2))
    counter = "num_tensors" if "lamb" in d.name else "num_weights"
    lists = {
        "lrs": (0.1, 0.2, 0.05),
        "learning_rates": (0.1, 0.2, 0.05),
        "wds": (0.0, 0.1, 0.01),
        "etas": (1.0, 0.5, 0.7),
        "step_count": (1, 2, 5),
    }
    names = [name for name, _, _ in d.operator.params]

    def call(count, dtype="float16" if mixed else "float32", **params):
        arrays = [_array(name, shape, dtype, mixed) for shape in shapes[:count] for name in each]
        arrays += [listed(0.5) if name == "rescale_grad" else listed(*lists[name][:count]) for name in tail]
        given = {name: lists[name][:count] for name in names if name in lists}
        d.add(*arrays, out=tuple(i * len(each) for i in range(count)), **given, **{counter: count}, **params)

    for count in (1, 2, 3):
        call(count)
    if not mixed:
        call(2, "float64")
    for name in names:
        if name in VALUES and name not in lists:
            call(2, **{name: VALUES[name]})
    call(3, **{name: VALUES[name] for name in names if name in VALUES})
