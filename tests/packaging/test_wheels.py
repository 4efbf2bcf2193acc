"""Each package from its wheel, in a fresh environment that holds only what it declares."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.packaging

COMPUTE = """
from mx_core import nd
assert nd.relu(nd.dot(nd.array([[1, 2]]), nd.array([[3], [4]]))).asnumpy().tolist() == [[11]]
"""
ALONE = """
libs = {line.split()[-1] for line in open('/proc/self/maps') if 'libgomp' in line or 'libdnnl' in line}
assert len(libs) == 2 and all('/mx_native/lib/' in lib for lib in libs), libs
"""
NETWORK = """
from mx_core import nd, sym
net = sym.FullyConnected(sym.var('data'), num_hidden=1, no_bias=True, name='fc')
"""


GPU = """
import mx_core
assert mx_core.num_gpus() == 0
try:
    mx_core.nd.ones((1,), ctx=mx_core.gpu(0))
except mx_core.MXNetError as error:
    print(error)
"""


def absent(*modules):
    return f"\nimport importlib.util as u\nassert not any(map(u.find_spec, {modules}))\n"


def test_core_alone(install, check):
    check(install("mx-core"), COMPUTE + ALONE + absent("mx", "mx_io", "mx_module", "mx_kvstore", "mx_viz", "mx_infer"))


def test_a_foreign_library_path_is_ignored(install, check, tmp_path):
    for name in ("libdnnl.so.3", "libgomp.so.1"):
        (tmp_path / name).write_bytes(b"no library")
    check(install("mx-core"), COMPUTE + ALONE, LD_LIBRARY_PATH=str(tmp_path))


def test_an_image_without_libgomp(install):
    """In a mount namespace whose libgomp.so.1 is an empty file, which nothing can load."""
    namespace = ["unshare", "--map-root-user", "--mount"]
    if subprocess.run([*namespace, "true"], capture_output=True).returncode:
        pytest.skip("this machine allows no mount namespaces")
    found = subprocess.run(["g++", "-print-file-name=libgomp.so.1"], text=True, capture_output=True, check=True).stdout
    libgomp = Path(found.strip()).resolve()
    program = f'mount --bind /dev/null {libgomp} && exec {install("mx-core")} -c "$0"'
    gone = "import ctypes\ntry:\n    ctypes.CDLL('libgomp.so.1')\nexcept OSError as e:\n    print('gone')\n"
    result = subprocess.run([*namespace, "sh", "-c", program, gone + COMPUTE + ALONE], text=True, capture_output=True)
    assert result.stdout == "gone\n" and result.returncode == 0, result.stderr


def test_a_missing_library_is_an_import_error(install, check):
    code = "try:\n    import mx_core\nexcept ImportError as e:\n    print(e)"
    assert "MX_LIBRARY" in check(install("mx-core"), code, MX_LIBRARY="/nowhere/libmx.so")


def test_io_alone(install, check):
    python = install("mx-io")
    records = """
from mx_io import recordio
out = recordio.MXRecordIO('x.rec', 'w'); out.write(b'one'); out.close()
assert recordio.MXRecordIO('x.rec', 'r').read() == b'one'
assert 'libmx' not in open('/proc/self/maps').read()
"""
    check(python, records + absent("mx", "mx_module", "mx_infer"))
    batches = "len(list(NDArrayIter(np.ones((4, 2)), batch_size=2)))"
    check(python, f"import numpy as np\nfrom mx_io import NDArrayIter\nassert {batches} == 2")


def test_infer_alone(install, check):
    save = "net.save('a-symbol.json'); nd.save('a-0001.params', {'arg:fc_weight': nd.array([[1, 2]])})"
    predict = """
from mx_infer import Predictor
predictor = Predictor('a-symbol.json', 'a-0001.params', input_shapes={'data': (1, 2)})
assert float(predictor.predict([[3, 4]])[0, 0]) == 11
"""
    check(install("mx-infer"), NETWORK + save + predict + absent("mx", "mx_module", "mx_io"))


def test_module_without_kvstore(install, check):
    train = """
import numpy as np
from mx_io import NDArrayIter
from mx_module.module import Module
x = np.eye(2, dtype='float32')
module = Module(sym.SoftmaxOutput(sym.FullyConnected(sym.var('data'), num_hidden=2), name='softmax'))
module.fit(NDArrayIter(x, np.arange(2), 2), num_epoch=60, optimizer_params={'learning_rate': 1.0})
assert dict(module.score(NDArrayIter(x, np.arange(2), 2), 'acc'))['accuracy'] == 1
"""
    check(install("mx-module"), NETWORK + train + absent("mx_kvstore", "mx"))


def test_viz_names_what_it_lacks(install, check):
    draw = """
from mx_viz import plot_network, print_summary
print_summary(net, shape={'data': (1, 2)})
try:
    plot_network(net)
except ImportError as error:
    assert 'mx-viz[graphviz]' in str(error), error
else:
    raise AssertionError('graphviz is not installed')
"""
    assert "fc" in check(install("mx-viz"), NETWORK + draw)


def test_metapackage(install, check):
    python = install("mx")
    check(
        python,
        "import sys, mx\nassert 'mx_core' not in sys.modules\nassert mx.nd.square(mx.nd.array([3])).asscalar() == 9",
    )
    check(python, "import mx\nfor name in mx.__all__:\n    getattr(mx, name)")


def test_a_downstream_library(install, check):
    python = install(str(Path(__file__).parent / "downstream"))
    use = """
import mx_downstream as d
from mx_core import cpu, nd
assert d.standardize(nd.array([1, 3])).asnumpy().tolist() == [-1, 1]
assert d.slope(nd.array([2])).asnumpy().tolist() == [12]
run = d.dense(3).simple_bind(cpu(), data=(2, 4))
assert run.forward(data=nd.ones((2, 4)))[0].shape == (2, 3)
"""
    check(python, use + absent("mx", "mx_io"))


def test_target_folder(install, check, dist, tmp_path):
    python, target = install("numpy", "ml-dtypes"), tmp_path / "target"
    uv = ["uv", "pip", "install", "-q", "-p", python, "--target", target, "--find-links", dist, "--refresh", "mx-core"]
    subprocess.run(uv, check=True)
    check(python, COMPUTE + ALONE, PYTHONPATH=str(target))


@pytest.mark.parametrize("order", ["sklearn.cluster, scipy.linalg, mx_core", "mx_core, sklearn.cluster, scipy.linalg"])
def test_beside_other_openmp_users(install, check, order):
    fit = "sklearn.cluster.KMeans(2, n_init=1).fit([[0.0], [1.0], [2.0]])\n"
    check(install("mx-core", "scikit-learn"), f"import {order}\n{fit}{COMPUTE}{fit}")


@pytest.mark.torch
@pytest.mark.parametrize("order", ["torch, mx_core", "mx_core, torch"])
def test_beside_torch(install, check, order):
    wheel = local_wheel("torch==2.13.0")
    python = install("mx-core", wheel)
    matrix = "x = torch.ones(64, 64, requires_grad=True); (x @ x).sum().backward(); assert x.grad[0, 0] == 128\n"
    check(python, f"import {order}\n{matrix}{COMPUTE}{matrix}")


def local_wheel(requirement):
    """The path of a wheel that pip finds on this machine, not on the network: PyTorch's are gigabytes."""
    ask = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--ignore-installed",
        "--no-deps",
        "-q",
        "--report",
        "-",
    ]
    result = subprocess.run([*ask, "--only-binary=:all:", requirement], text=True, capture_output=True)
    url = json.loads(result.stdout)["install"][0]["download_info"]["url"] if result.returncode == 0 else ""
    if not url.startswith("file://"):
        pytest.skip(f"pip has no wheel of {requirement} on this machine")
    return url


def test_the_cuda_plugin(install, check, dist):
    """Without the gigabytes of NVIDIA's libraries: those are opened at their first use."""
    python = install("mx-core", "numpy")  # an environment of its own
    uv = ["uv", "pip", "install", "-q", "-p", python, "--no-deps", "--no-index", "--find-links", dist]
    without = check(python, GPU)
    assert "the CUDA plugin is not installed. Install it: pip install mx-core[cuda13]" in without
    subprocess.run([*uv, "--refresh", "mx-native-cu13"], check=True)
    plugin = check(python, "import mx_native_cu13; print(mx_native_cu13.library(), end='')")
    assert Path(plugin).is_file()
    if shutil.which("nvidia-smi"):
        pytest.skip("this machine has a driver: what is said without one can't be seen")
    assert "there is no CUDA driver (libcuda.so.1). Install the NVIDIA driver" in check(python, GPU)


def test_licences(install):
    licences = next(install("mx-native").parents[1].glob("lib/*/site-packages/mx_native-*.dist-info/licenses"))
    names = {path.name for path in licences.rglob("*.txt")}
    assert {"oneDNN-LICENSE.txt", "oneDNN-THIRD-PARTY-PROGRAMS.txt", "libgomp-GPL-3.0.txt"} <= names


def test_contents(dist):
    wheels = {wheel.name.split("-")[0]: zipfile.ZipFile(wheel) for wheel in dist.glob("*.whl")}
    assert set(wheels) == {"mx"} | {
        f"mx_{piece}" for piece in ("native", "native_cu13", "core", "module", "io", "kvstore", "viz", "infer")
    }
    for name, wheel in wheels.items():
        files = wheel.namelist()
        assert f"{name}/py.typed" in files
        assert any(file.endswith("licenses/LICENSE") for file in files)
        assert not [file for file in files if file.endswith((".cc", ".pyx", ".cpp", ".o")) or "tests/" in file]
        for file in files:
            assert str(ROOT).encode() not in wheel.read(file), f"{file} of {name} holds a path of this machine"
    assert [file for file in wheels["mx_core"].namelist() if "/_generated/" in file]


def test_versions_agree():
    import tomllib

    projects = [tomllib.loads(path.read_text()) for path in ROOT.glob("packages/*/pyproject.toml")]
    native = tomllib.loads((ROOT / "native/pyproject.toml").read_text())["project"]["version"]
    core = next(project for project in projects if project["project"]["name"] == "mx-core")
    pin = f"mx-native=={native}"
    assert pin in core["build-system"]["requires"] and pin in core["project"]["dependencies"]
    plugin = tomllib.loads((ROOT / "native/cuda/pyproject.toml").read_text())["project"]
    assert plugin["version"] == native and pin in plugin["dependencies"]
    assert core["project"]["optional-dependencies"]["cuda13"] == [f"mx-native-cu13=={native}"]
