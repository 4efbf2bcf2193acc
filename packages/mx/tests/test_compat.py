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


def test_what_scripts_of_old_import():
    code = """
import mx
mx.install_as_mxnet()
import mxnet as mx
import mxnet.ndarray as nd
import mxnet.symbol as S
import numpy as np
from mxnet import autograd, context, init, io, kv, metric, mod, nd as F, optimizer, recordio, sym, test_utils, viz
from mxnet.base import MXNetError, mx_real_t, numeric_types, string_types
from mxnet.context import cpu, current_context
from mxnet.io import DataBatch, DataDesc, NDArrayIter
from mxnet.log import get_logger
from mxnet.module.base_module import BaseModule, _check_input_names
from mxnet.ndarray import array, contrib, linalg, random, sparse
from mxnet.ndarray.ndarray import NDArray
from mxnet.symbol import Symbol, Variable
from mxnet.test_utils import *
assert S is sym and nd is F
assert_almost_equal(mx.nd.ones((2, 3)), np.ones((2, 3)))
check_symbolic_forward(mx.sym.square(mx.sym.Variable("x")), [np.array([2.0])], [np.array([4.0])])
assert same(rand_ndarray((2, 3)).shape, (2, 3)) and default_context() == mx.cpu()
"""
    result = run("-c", code)
    assert result.returncode == 0, result.stderr


def test_absent_modules_say_so():
    for line in (
        "import mxnet.gluon",
        "from mxnet import gluon",
        "from mxnet.gluon import nn",
        "import mxnet.rnn as rnn",
    ):
        result = run("-c", f"import mx; mx.install_as_mxnet()\ntry: {line}\nexcept ImportError as error: print(error)")
        assert "of MXNet 1.9.1 is not part of this version of mx" in result.stdout, (line, result.stderr)
    result = run("-c", "import mx; mx.gluon")
    assert "gluon of MXNet 1.9.1 is not part of this version" in result.stderr
    result = run("-c", "from mx.test_utils import get_mnist")
    assert "get_mnist" in result.stderr


def test_tests_of_old_run(tmp_path):
    (tmp_path / "test_old.py").write_text(
        "import mxnet as mx\nimport numpy as np\nfrom mxnet.test_utils import *\n\n"
        "def test_sum():\n"
        "    x = random_arrays((2, 3))\n"
        "    net = mx.sym.sum(mx.sym.Variable('x'), axis=1)\n"
        "    check_symbolic_forward(net, [x], [x.sum(1)])\n"
        "    check_numeric_gradient(net, [x])\n\n"
        "def test_wrong():\n"
        "    assert_almost_equal(mx.nd.ones((2,)), np.zeros(2))\n"
    )
    result = run("-m", "mx.compat", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_old.py", cwd=tmp_path)
    assert "1 failed, 1 passed" in result.stdout, result.stdout + result.stderr


def test_usage():
    assert "usage" in run("-m", "mx.compat").stderr
    assert "there is no file 'nowhere.py'" in run("-m", "mx.compat", "nowhere.py").stderr
