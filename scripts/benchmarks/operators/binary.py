"""Functions of two numbers, as all binary families name them: the operator's word, PyTorch's, and the inputs."""

WORDS = {
    "add": ("add", "any"),
    "sub": ("sub", "any"),
    "mul": ("mul", "any"),
    "div": ("div", "positive"),
    "mod": ("remainder", "positive"),
    "power": ("pow", "positive"),
    "hypot": ("hypot", "any"),
    "maximum": ("maximum", "any"),
    "minimum": ("minimum", "any"),
    "equal": ("eq", "bits"),
    "not_equal": ("ne", "bits"),
    "greater": ("gt", "any"),
    "greater_equal": ("ge", "any"),
    "lesser": ("lt", "any"),
    "lesser_equal": ("le", "any"),
    "logical_and": ("logical_and", "bits"),
    "logical_or": ("logical_or", "bits"),
    "logical_xor": ("logical_xor", "bits"),
}


def function(torch):
    return lambda t, x, y: getattr(t, torch)(x, y)
