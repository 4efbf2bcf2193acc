"""The generated functions: every operator of the registry, with signature, types and documentation."""

import inspect
import sys
from pathlib import Path

import pytest
from mx_core import nd, sym

sys.path.insert(0, str(Path(__file__).parents[1]))
registry = pytest.importorskip("generator.registry", reason="the generator is in the source tree only")
from generator import modules  # noqa: E402
from generator.signature import python_name  # noqa: E402

OPS = registry.read()


def function_of(op, name, package):
    namespace, public = modules.namespace_of(name)
    return getattr(getattr(package, namespace), public)


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_every_operator(op):
    for name in op.names:
        assert callable(function_of(op, name, nd))
        assert callable(function_of(op, name, sym))
    for package in (nd, sym):
        function = function_of(op, op.name, package)
        parameters = inspect.signature(function).parameters
        expected = [python_name(argument.name) for argument in op.inputs]
        if op.variadic_count:
            expected = expected[:1]
        expected += [python_name(param.name) for param in op.params]
        assert list(parameters)[: len(expected)] == expected
        assert "name" in parameters
        assert all(p.annotation is not inspect.Parameter.empty for p in parameters.values())
        doc = inspect.getdoc(function)
        assert "Args:" in doc
        assert "Returns:" in doc
        for argument in expected:
            assert f"{argument}:" in doc, f"{op.name}: {argument} is not documented"
        assert inspect.getsource(function).startswith(f"def {op.name}(")
    for param in op.params:
        if param.default is None or param.name == op.variadic_count:
            continue
        default = inspect.signature(function_of(op, op.name, nd)).parameters[python_name(param.name)].default
        assert default is None or isinstance(default, bool | int | float | str | tuple)


def test_source_of_a_function_can_be_read():
    source = inspect.getsource(nd.FullyConnected)
    assert source.startswith("def FullyConnected(")
    assert "num_hidden: int" in source


def test_files_are_up_to_date_small_and_clean():
    for kind, package in (("NDArray", nd), ("Symbol", sym)):
        folder = Path(package.__file__).parent / "_generated"
        texts = modules.sources(kind, OPS)
        assert {file.name for file in folder.glob("*.py")} == set(texts)
        for name, text in texts.items():
            assert (folder / name).read_text(encoding="utf-8") == text
            assert text.count("\n") <= 1000
            assert max(map(len, text.splitlines())) <= 120


def test_strangers_are_deleted(tmp_path):
    modules.write(tmp_path, lambda: OPS[:3])
    stranger = tmp_path / "ndarray/_generated/stranger.py"
    stranger.write_text("")
    before = {file: file.stat().st_mtime_ns for file in tmp_path.glob("*/_generated/*.py")}
    modules.write(tmp_path, lambda: OPS[:3])
    assert not stranger.exists()
    assert all(file.stat().st_mtime_ns == time for file, time in before.items() if file.exists())


def test_methods_are_functions():
    a = nd.array([[1, -2], [3, 4]])
    assert (a.abs().asnumpy() == nd.abs(a).asnumpy()).all()
    assert a.sum().shape == (1,)
    assert sym.var("x").abs(name="y").name == "y"


def test_parameters_may_be_text():
    assert nd.transpose(nd.ones((2, 3)), axes="(1, 0)").shape == (3, 2)
    assert nd.slice(nd.arange(5), begin="(1,)", end="(3,)").asnumpy().tolist() == [1, 2]
    x, w = nd.ones((2, 3)), nd.ones((4, 3))
    assert nd.FullyConnected(x, w, num_hidden="4", no_bias="True").shape == (2, 4)


def test_unknown_keywords_name_the_known_ones():
    with pytest.raises(TypeError, match=r"\[transpose\] there is no parameter 'axis'. Did you mean 'axes'"):
        nd.transpose(nd.ones((2, 3)), axis=(1, 0))
