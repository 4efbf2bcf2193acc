"""What importing mx_core brings, in fresh processes."""

import subprocess
import sys

import mx_core
import pytest


def fresh(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_arrays_do_not_bring_symbols():
    found = fresh("import sys, mx_core as mx; mx.nd.ones((2, 2)).asnumpy(); print(*sys.modules)")
    assert "mx_core.ndarray" in found
    assert not {"mx_core.symbol", "mx_core.executor", "ml_dtypes", "importlib.resources"} & set(found)


@pytest.mark.parametrize("name", ["sym", "symbol", "Symbol", "executor", "Executor"])
def test_each_late_name_comes_when_it_is_asked_for(name):
    code = f"import mx_core; before = set(dir(mx_core)); print('{name}' in before, mx_core.{name}.__name__)"
    assert fresh(code)[0] == "True"
    assert fresh(f"from mx_core import {name}; print({name}.__name__)")


def test_late_names_are_one_and_the_same():
    assert mx_core.sym is mx_core.symbol is sys.modules["mx_core.symbol"]
    assert mx_core.Symbol is mx_core.symbol.Symbol and mx_core.Executor is mx_core.executor.Executor
    assert fresh("from mx_core import *; print(sym.var('x').name)") == ["x"]


def test_a_recorded_computation_becomes_a_symbol_where_nobody_imported_symbols():
    code = (
        "import mx_core as mx; x = mx.nd.ones((2,)); x.attach_grad(); mx.autograd.set_recording(True)\n"
        "print(type(mx.autograd.get_symbol(x + x)).__module__)"
    )
    assert fresh(code) == ["mx_core.symbol.symbol"]


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'mx_core' has no attribute 'smybol'"):
        mx_core.smybol
