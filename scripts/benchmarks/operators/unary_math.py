from .case import Case

# Operator: PyTorch's function (empty: the same name) and the input where it is not any number.
NAMES = """
abs arccos:acos:unit arccosh:acosh:above arcsin:asin:unit arcsinh:asinh arctan:atan arctanh:atanh:unit cbrt:-:positive
ceil cos cosh degrees:rad2deg erf erfinv:erfinv:unit exp expm1 fix floor gamma:-:positive gammaln:lgamma:positive
log:log:positive log10:log10:positive log1p:log1p:positive log2:log2:positive logical_not negative radians:deg2rad
rcbrt:-:positive reciprocal:reciprocal:positive relu rint:round round rsqrt:rsqrt:positive sigmoid sign sin sinh
sqrt:sqrt:positive square tan tanh trunc _contrib_round_ste:round _contrib_sign_ste:sign
"""


def named(torch):
    return (lambda t, x: getattr(t, torch)(x)) if torch != "-" else None


def case(word):
    operator, torch, maker = (word.split(":") + ["", ""])[:3]
    return Case(operator, maker or "x", named(torch or operator))


CASES = [
    *map(case, NAMES.split()),
    Case("clip", "x", lambda t, x: t.clip(x, -1, 1), {"a_min": -1, "a_max": 1}),
    Case("hard_sigmoid", "x", lambda t, x: t.nn.functional.hardsigmoid(x)),
    Case(
        "smooth_l1",
        "x",
        lambda t, x: t.nn.functional.smooth_l1_loss(x, x.new_zeros(()).expand_as(x), reduction="none"),
        {"scalar": 1.0},
    ),
    Case("softsign", "x", lambda t, x: t.nn.functional.softsign(x)),
    Case("_contrib_div_sqrt_dim", "x", lambda t, x: x / x.shape[-1] ** 0.5),
    Case("_contrib_gradientmultiplier", "x", lambda t, x: x.clone(), {"scalar": 0.5}),
    Case("_contrib_quadratic", "x", lambda t, x: 2 * x * x + 3 * x + 1, {"a": 2, "b": 3, "c": 1}),
]
