import subprocess
import sys


def run(*arguments, **options):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, **options)


def test_mxnet_is_mx():
    code = """
import mx
mx.install_as_mxnet()
mx.install_as_mxnet()
import mxnet
import mxnet as other
from mxnet import nd, symbol
from mxnet.ndarray import NDArray
import mxnet.context
assert mxnet is other is mx
assert nd is mx.nd and symbol is mx.sym and NDArray is mx.nd.NDArray
assert mxnet.context is mx.context
assert mx.context.__name__ == mx.context.__spec__.name
try:
    import mxnet.nonsense
except ModuleNotFoundError as error:
    print(error.name)
"""
    result = run("-c", code)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "mxnet.nonsense"


def test_inner_modules_are_not_loaded_twice():
    code = """
import mx
mx.install_as_mxnet()
import mxnet.module.base_module
import mx_module.module.base_module
assert mxnet.module.base_module is mx_module.module.base_module
"""
    result = run("-c", code)
    assert result.returncode == 0, result.stderr


def test_another_mxnet_is_not_replaced(tmp_path):
    (tmp_path / "mxnet.py").write_text("")
    code = "import mxnet, mx\ntry: mx.install_as_mxnet()\nexcept ImportError as error: print(error)"
    result = run("-c", code, cwd=tmp_path)
    assert "another mxnet is already imported" in result.stdout
    # Installed first, mx wins over a package of that name.
    result = run("-c", "import mx; mx.install_as_mxnet(); import mxnet; print(mxnet is mx)", cwd=tmp_path)
    assert result.stdout.strip() == "True"


def test_a_script_runs_unmodified(tmp_path):
    (tmp_path / "beside.py").write_text("ANSWER = 42\n")
    script = tmp_path / "train.py"
    script.write_text(
        "import sys\nimport mxnet as mx\nfrom beside import ANSWER\n"
        "if __name__ == '__main__':\n"
        "    print(sys.argv[1:], ANSWER, mx.nd.ones((2, 2)).sum().asscalar())\n"
    )
    result = run("-m", "mx.compat", str(script), "--epochs", "3")
    assert result.stdout.strip() == "['--epochs', '3'] 42 4.0", result.stderr


def test_usage():
    assert "usage" in run("-m", "mx.compat").stderr
    assert "there is no file 'nowhere.py'" in run("-m", "mx.compat", "nowhere.py").stderr
