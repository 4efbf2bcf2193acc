import subprocess
import sys


def run(*arguments, **options):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, **options)


def test_mxnet_is_mx():
    code = """
import importlib.util
import mx
mx.install_as_mxnet()
mx.install_as_mxnet()
import mxnet
import mxnet as other
from mxnet import nd, symbol
from mxnet.ndarray import NDArray
import mxnet.context
assert mxnet is other and mxnet.nd is nd is mx.nd
assert mxnet.__version__ == "1.9.1" != mx.__version__ and set(dir(mx)) <= set(dir(mxnet))
assert importlib.util.find_spec("mxnet").name == "mxnet"
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
    result = run("-c", "import mx; mx.install_as_mxnet(); import mxnet; print(mxnet.nd is mx.nd)", cwd=tmp_path)
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
from mxnet.ndarray.ndarray import NDArray, py_slice
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


# Every module of MXNet 1.9.1 below the packages that mx has, and of the top.
PRESENT = """
attribute autograd base callback context contrib contrib.ndarray contrib.symbol engine executor image image.image
initializer io io.io kvstore kvstore.base kvstore.kvstore libinfo library log lr_scheduler metric model module
module.base_module module.executor_group module.module monitor name ndarray ndarray._internal ndarray.contrib
ndarray.gen__internal ndarray.gen_contrib ndarray.gen_image ndarray.gen_linalg ndarray.gen_op ndarray.gen_random
ndarray.gen_sparse ndarray.image ndarray.linalg ndarray.ndarray ndarray.op ndarray.random ndarray.sparse ndarray.utils
operator optimizer optimizer.optimizer random recordio registry runtime symbol symbol._internal symbol.contrib
symbol.gen__internal symbol.gen_contrib symbol.gen_image symbol.gen_linalg symbol.gen_op symbol.gen_random
symbol.gen_sparse symbol.image symbol.linalg symbol.op symbol.random symbol.sparse symbol.symbol test_utils util
visualization
"""
ABSENT = """
_api_internal _ctypes _ctypes.ndarray _cy3 _ffi _global_var _numpy_op_doc api contrib.amp contrib.amp.lists
contrib.autograd contrib.io contrib.onnx contrib.quantization contrib.svrg_optimization.svrg_module contrib.tensorboard
contrib.text contrib.text.vocab cython error executor_manager gluon gluon.block gluon.data gluon.nn image.detection
io.utils kvstore.kvstore_server libmxnet misc module.bucketing_module module.python_module module.sequential_module
ndarray.numpy ndarray.numpy_extension ndarray.register ndarray_doc notebook notebook.callback numpy
numpy_dispatch_protocol numpy_extension numpy_op_fallback numpy_op_signature onnx optimizer.contrib profiler rnn
rnn.rnn_cell rtc space symbol.numpy symbol.numpy_extension symbol.register symbol_doc torch tvmop
"""


def test_every_module_of_old_can_be_imported_or_says_why_not():
    code = """
import importlib, sys
import mx
mx.install_as_mxnet()
present, absent = (argument.split() for argument in sys.argv[1:])
for name in present:
    importlib.import_module("mxnet." + name)
for name in absent:
    try:
        importlib.import_module("mxnet." + name)
    except ImportError as error:
        assert "of MXNet 1.9.1 is not part of this version of mx" in str(error), (name, str(error))
    else:
        raise AssertionError(name)
import mxnet
from mxnet.io.io import NDArrayIter
from mxnet.kvstore.kvstore import KVStore
from mxnet.ndarray.ndarray import NDArray, array
from mxnet.ndarray.utils import load
from mxnet.optimizer.optimizer import SGD
from mxnet.symbol.symbol import Symbol, maximum
assert SGD is mxnet.optimizer.SGD is mxnet.optimizer.optimizer.SGD and NDArrayIter is mxnet.io.NDArrayIter
assert mxnet.contrib.nd is mxnet.contrib.ndarray is mxnet.nd.contrib and mxnet.contrib.sym is mxnet.sym.contrib
"""
    result = run("-c", code, PRESENT, ABSENT)
    assert result.returncode == 0, result.stderr


def test_absent_operators_say_so():
    code = """
import mx
for what in ("mx.nd.Custom", "mx.sym.Custom", "mx.nd.contrib.foreach", "mx.sym.linalg.nonsense", "mx.contrib.text"):
    try:
        eval(what)
    except AttributeError as error:
        assert "this version of mx has no" in str(error), (what, str(error))
    else:
        raise AssertionError(what)
try:
    mx.operator.CustomOp
except AttributeError as error:
    assert "come with a later version" in str(error)
"""
    result = run("-c", code)
    assert result.returncode == 0, result.stderr


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
