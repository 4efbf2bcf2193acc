from .case import Case
from .distributions import DISTRIBUTIONS

CASES = [
    Case(f"_random_{word}_like", "x", torch, params, large=large)
    for word, (params, torch, large) in DISTRIBUTIONS.items()
]
