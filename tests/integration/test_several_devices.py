"""Training on several devices gives what MXNet 1.9.1 gives, on CPUs of several numbers."""

import mx
import numpy as np
import pytest
from mx_module import Module

SHAPES = {"fc1_weight": (8, 5), "fc1_bias": (8,), "fc2_weight": (3, 8), "fc2_bias": (3,)}
NORM = {"bn_gamma": (8,), "bn_beta": (8,)}

TRAIN = """
import os
os.environ["MXNET_UPDATE_ON_KVSTORE"] = str(inputs["update_on_kvstore"])
devices = [mx.cpu(i) for i in range(int(inputs["count"]))]
module = mx.mod.Module(mx.sym.load_json(str(inputs["json"])), context=devices, work_load_list=list(inputs["loads"]))
train = mx.io.NDArrayIter(inputs["data"], inputs["label"], batch_size=8)
names = [name[2:] for name in inputs if name.startswith("p_")]
params = {name: mx.nd.array(inputs["p_" + name]) for name in names}
aux = {name[2:]: mx.nd.array(inputs[name]) for name in inputs if name.startswith("a_")}
metric = mx.metric.create(["acc", "ce"])
module.fit(train, num_epoch=3, arg_params=params, aux_params=aux, kvstore=str(inputs["kvstore"]), eval_metric=metric,
           optimizer_params={"learning_rate": 0.1, "momentum": 0.9, "wd": 0.01})
train.reset()
outputs["score"] = np.array([value for name, value in module.score(train, metric)])
for table in module.get_params():
    for name, array in table.items():
        outputs[name] = array.asnumpy()
outputs["slices"] = np.array([exe.arg_dict["data"].shape[0] for exe in module._exec_group.execs])
outputs["last"] = module.get_outputs()[0].asnumpy()
"""


def network(norm):
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=8, name="fc1")
    if norm:
        net = mx.sym.BatchNorm(net, fix_gamma=False, name="bn")
    net = mx.sym.Activation(net, act_type="tanh")
    net = mx.sym.FullyConnected(net, num_hidden=3, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


@pytest.mark.parametrize(
    ("count", "kvstore", "update_on_kvstore", "loads", "norm"),
    [
        (1, "local", 1, [1], False),
        (2, "local", 1, [1, 1], False),
        (2, "local", 0, [1, 1], True),
        (3, "device", 1, [1, 1, 1], True),
        (3, "device", 0, [1, 2, 1], False),
    ],
)
def test_training(oracle, monkeypatch, count, kvstore, update_on_kvstore, loads, norm):
    rng = np.random.default_rng(11)
    data = rng.normal(size=(24, 5)).astype("float32")
    label = rng.integers(0, 3, 24).astype("float32")
    shapes = {**SHAPES, **(NORM if norm else {})}
    params = {name: rng.uniform(-0.5, 0.5, shape).astype("float32") for name, shape in shapes.items()}
    aux = {"bn_moving_mean": np.zeros(8), "bn_moving_var": np.ones(8)} if norm else {}
    net = network(norm)
    given = {"count": count, "kvstore": kvstore, "update_on_kvstore": update_on_kvstore, "loads": loads}
    expected = oracle(
        TRAIN,
        json=np.array(net.tojson()),
        data=data,
        label=label,
        **{name: np.array(value) for name, value in given.items()},
        **{f"p_{name}": value for name, value in params.items()},
        **{f"a_{name}": value for name, value in aux.items()},
    )
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", str(update_on_kvstore))
    module = Module(net, context=[mx.cpu(i) for i in range(count)], work_load_list=loads)
    train = mx.io.NDArrayIter(data, label, batch_size=8)
    metric = mx.metric.create(["acc", "ce"])
    module.fit(
        train,
        num_epoch=3,
        arg_params={name: mx.nd.array(value) for name, value in params.items()},
        aux_params={name: mx.nd.array(value) for name, value in aux.items()},
        kvstore=kvstore,
        eval_metric=metric,
        optimizer_params={"learning_rate": 0.1, "momentum": 0.9, "wd": 0.01},
    )
    train.reset()
    score = [value for _, value in module.score(train, metric)]
    np.testing.assert_allclose(score, expected["score"], 1e-4)
    for table in module.get_params():
        for name, array in table.items():
            np.testing.assert_allclose(array.asnumpy(), expected[name], 1e-4, 1e-5, err_msg=name)
    slices = [exe.arg_dict["data"].shape[0] for exe in module._exec_group.execs]
    assert slices == expected["slices"].tolist()
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), expected["last"], 1e-4, 1e-5)


GROUPS = """
groups = {"one": mx.cpu(1), "two": mx.cpu(2)}
executor = mx.sym.load_json(str(inputs["json"])).simple_bind(mx.cpu(0), group2ctx=groups, data=(4, 5))
for name, array in executor.arg_dict.items():
    array[:] = inputs[name]
executor.forward(is_train=True)
executor.backward([mx.nd.array(inputs["head"], ctx=executor.outputs[0].context), mx.nd.ones((4, 8), ctx=mx.cpu(1))])
every = (*executor.outputs, *executor.arg_arrays, *executor.grad_arrays)
outputs["devices"] = np.array([str(array.context) for array in every])
for i, out in enumerate(executor.outputs):
    outputs[f"out{i}"] = out.asnumpy()
for name, array in executor.grad_dict.items():
    outputs[name] = array.asnumpy()
outputs["copies"] = np.array(executor.debug_str().count("Op:_CrossDeviceCopy"))
"""


def test_device_groups(oracle):
    with mx.AttrScope(ctx_group="one"):
        hidden = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=8, name="fc1")
    hidden = mx.sym.Activation(hidden, act_type="sigmoid", name="act")
    with mx.AttrScope(ctx_group="two"):
        net = mx.sym.FullyConnected(hidden, num_hidden=3, name="fc2")
    net = mx.sym.Group([mx.sym.tanh(net, name="out"), hidden])
    rng = np.random.default_rng(3)
    arrays = {name: rng.normal(size=shape).astype("float32") for name, shape in {"data": (4, 5), **SHAPES}.items()}
    head = rng.normal(size=(4, 3)).astype("float32")
    expected = oracle(GROUPS, json=np.array(net.tojson()), head=head, **arrays)
    executor = net.simple_bind(mx.cpu(0), group2ctx={"one": mx.cpu(1), "two": mx.cpu(2)}, data=(4, 5))
    for name, array in executor.arg_dict.items():
        array[:] = arrays[name]
    executor.forward(is_train=True)
    executor.backward([mx.nd.array(head, ctx=mx.cpu(2)), mx.nd.ones((4, 8), ctx=mx.cpu(1))])
    every = (*executor.outputs, *executor.arg_arrays, *executor.grad_arrays)
    assert [str(array.context) for array in every] == expected["devices"].tolist()
    for i, out in enumerate(executor.outputs):
        np.testing.assert_allclose(out.asnumpy(), expected[f"out{i}"], 1e-5, 1e-6)
    for name, array in executor.grad_dict.items():
        np.testing.assert_allclose(array.asnumpy(), expected[name], 1e-4, 1e-5, err_msg=name)
    assert executor.debug_str().count("_CrossDeviceCopy") == expected["copies"]
