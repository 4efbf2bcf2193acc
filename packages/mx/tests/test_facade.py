import importlib
import subprocess
import sys
import types

import mx
import pytest
from mx._lazy import Home, read_homes, resolve

HOMES = read_homes("mx")


def run(code, *arguments):
    """What a fresh interpreter prints."""
    result = subprocess.run([sys.executable, *arguments, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_importing_mx_imports_nothing_heavy():
    loaded = run("import sys, mx; print(*(n for n in sys.modules if n.split('.')[0].startswith(('mx_', 'numpy'))))")
    assert loaded == ""


@pytest.mark.parametrize("name", sorted(HOMES))
def test_each_name_comes_from_its_home(name):
    value = getattr(mx, name)
    home = HOMES[name]
    if isinstance(value, types.ModuleType):
        assert value.__name__.startswith(home.module)
    else:
        assert value is getattr(sys.modules[home.module], home.attribute)


def test_the_short_names_are_the_long_ones():
    for short, long in [
        ("nd", "ndarray"), ("sym", "symbol"), ("mod", "module"), ("init", "initializer"), ("mon", "monitor"),
        ("kv", "kvstore"), ("viz", "visualization"), ("rnd", "random"),
    ]:  # fmt: skip
        assert getattr(mx, short) is getattr(mx, long)


def test_dir_shows_everything():
    assert set(HOMES) <= set(dir(mx))
    assert "__version__" in dir(mx)


def test_a_star_brings_everything():
    assert run("from mx import *\nprint(nd.ones((1,)).asscalar(), mod.Module.__name__)") == "1.0 Module"


def test_modules_can_be_imported_from():
    code = """
from mx.ndarray import NDArray
import mx.symbol as sym
import mx, mx_core.symbol
assert NDArray is mx.nd.NDArray and sym is mx.sym is mx_core.symbol
assert mx_core.symbol.__spec__.name == "mx_core.symbol"
"""
    run(code)


def test_unknown_names():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = mx.nonsense
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("mx.nonsense")


@pytest.mark.parametrize(
    ("name", "distribution"),
    [("mod", "mx-module"), ("io", "mx-io"), ("kv", "mx-kvstore"), ("viz", "mx-viz"), ("infer", "mx-infer")],
)
def test_a_missing_distribution_is_named(name, distribution):
    package = distribution.replace("-", "_")
    code = f"""
import sys
sys.modules["{package}"] = None
import mx
try:
    mx.{name}
except ImportError as error:
    print(error)
"""
    assert run(code) == f"mx.{name} needs the distribution {distribution}: pip install {distribution}"


def test_a_distribution_that_is_too_old_is_named():
    with pytest.raises(ImportError, match=r"mx_core\.hologram, which the installed mx-core does not have"):
        resolve("mx.hologram", Home("mx_core", "hologram"))


def test_missing_dependencies_of_a_distribution_are_not_blamed_on_it(tmp_path):
    (tmp_path / "mx_broken.py").write_text("import nowhere_to_be_found\n")
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from mx._lazy import Home, resolve
try:
    resolve("mx.broken", Home("mx_broken"))
except ModuleNotFoundError as error:
    print(error.name)
"""
    assert run(code) == "nowhere_to_be_found"
