"""Standardized arrays, in symbols and in arrays, made of nothing but the public interface of mx-core."""

from mx_core import autograd, nd, sym


def standardize(x: nd.NDArray) -> nd.NDArray:
    """Return ``x`` less its mean, over its standard deviation."""
    centred = x - nd.mean(x)
    return centred / nd.sqrt(nd.mean(centred * centred))


def slope(x: nd.NDArray) -> nd.NDArray:
    """Return the gradient of ``sum(x ** 3)``."""
    x.attach_grad()
    with autograd.record():
        y = (x * x * x).sum()
    y.backward()
    return x.grad


def dense(units: int) -> sym.Symbol:
    """Return a fully connected layer with a rectifier."""
    return sym.Activation(sym.FullyConnected(sym.var("data"), num_hidden=units, name="dense"), act_type="relu")
