"""Training here and in MXNet 1.9.1: the same parameters, and files that go both ways."""

import numpy as np
import pytest
from mx_core import nd, sym
from mx_core.context import cpu
from mx_io.io import NDArrayIter
from mx_module import Module, metric

SEED = 11
OPTIONS = {"learning_rate": 0.2, "momentum": 0.9, "wd": 0.01, "clip_gradient": 0.1}
# Trains for `epochs`, from parameters and optimizer states where they are given, and writes a checkpoint.
THEIRS = """
symbol = mx.sym.load("net-symbol.json")
x, y = inputs.pop("x"), inputs.pop("y")
data = mx.io.NDArrayIter(x, y, batch_size=8)
begin, end = int(inputs.pop("begin")), int(inputs.pop("end"))
if begin:
    module = mx.mod.Module.load("net", begin, load_optimizer_states=True)
    given = {}
else:
    module = mx.mod.Module(symbol)
    given = dict(
        arg_params={k: mx.nd.array(v) for k, v in inputs.items() if "moving" not in k},
        aux_params={k: mx.nd.array(v) for k, v in inputs.items() if "moving" in k},
    )
options = {"learning_rate": 0.2, "momentum": 0.9, "wd": 0.01, "clip_gradient": 0.1}
module.fit(data, begin_epoch=begin, num_epoch=end, optimizer_params=options, **given)
module.save_checkpoint("net", end, save_optimizer_states=True)
outputs["score"] = [value for _, value in module.score(data, ["acc", "ce"])]
outputs["prediction"] = module.predict(data).asnumpy()
for values in module.get_params():
    outputs.update({name: value.asnumpy() for name, value in values.items()})
"""


def network():
    net = sym.FullyConnected(sym.var("data"), num_hidden=8, name="fc1")
    net = sym.BatchNorm(net, fix_gamma=False, name="bn")
    net = sym.Activation(net, act_type="tanh", name="tanh")
    net = sym.FullyConnected(net, weight=sym.var("fc2_weight", lr_mult=0.5, wd_mult=3), num_hidden=3, name="fc2")
    return sym.SoftmaxOutput(net, name="softmax")


@pytest.fixture
def setting():
    print("seed", SEED)
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(50, 5)).astype("float32")
    shapes = {"fc1_weight": (8, 5), "fc1_bias": (8,), "fc2_weight": (3, 8), "fc2_bias": (3,), "bn_beta": (8,)}
    params = {name: rng.uniform(-0.5, 0.5, shape).astype("float32") for name, shape in shapes.items()}
    params["bn_gamma"] = params["bn_moving_var"] = np.ones(8, "float32")
    params["bn_moving_mean"] = np.zeros(8, "float32")
    return x, np.argmax(x[:, :3], axis=1).astype("float32"), params


def train(module, x, y, begin, end, params=None):
    given = {}
    if params is not None:
        arrays = {name: nd.array(value) for name, value in params.items()}
        given = {
            "arg_params": {name: array for name, array in arrays.items() if "moving" not in name},
            "aux_params": {name: array for name, array in arrays.items() if "moving" in name},
        }
    data = NDArrayIter(x, y, batch_size=8)
    module.fit(data, begin_epoch=begin, num_epoch=end, optimizer_params=OPTIONS, **given)
    return data


def compare(module, data, theirs):
    for values in module.get_params():
        for name, value in values.items():
            np.testing.assert_allclose(value.asnumpy(), theirs[name], atol=2e-5, err_msg=name)
    score = [value for _, value in module.score(data, metric.create(["acc", "ce"]))]
    np.testing.assert_allclose(score, theirs["score"], atol=1e-4)
    np.testing.assert_allclose(module.predict(data).asnumpy(), theirs["prediction"], atol=1e-4)


def test_two_epochs_give_the_same_parameters(oracle, setting, tmp_path):
    x, y, params = setting
    module = Module(network(), context=cpu())
    data = train(module, x, y, 0, 2, params)
    module.symbol.save(str(tmp_path / "net-symbol.json"))
    theirs = oracle(THEIRS, folder=tmp_path, x=x, y=y, begin=np.array(0), end=np.array(2), **params)
    compare(module, data, theirs)


def test_training_moves_from_here_to_mxnet_and_back(oracle, setting, tmp_path):
    """One epoch here, one there, one here, with checkpoints and optimizer states, against three epochs here."""
    x, y, params = setting
    prefix = str(tmp_path / "net")
    first = Module(network())
    train(first, x, y, 0, 1, params)
    first.save_checkpoint(prefix, 1, save_optimizer_states=True)
    theirs = oracle(THEIRS, folder=tmp_path, x=x, y=y, begin=np.array(1), end=np.array(2))
    second = Module.load(prefix, 1, load_optimizer_states=True)
    compare(second, train(second, x, y, 1, 2), theirs)
    third, whole = Module.load(prefix, 2, load_optimizer_states=True), Module(network())
    train(third, x, y, 2, 3)
    train(whole, x, y, 0, 3, params)
    for name, value in whole.get_params()[0].items():
        np.testing.assert_allclose(third.get_params()[0][name].asnumpy(), value.asnumpy(), atol=5e-5, err_msg=name)
