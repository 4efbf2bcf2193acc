"""Modules on several devices: dividing batches, summing gradients, putting results together."""

import mx_core.ndarray as nd
import mx_core.symbol as sym
import numpy as np
import pytest
from mx_core import AttrScope, cpu
from mx_core.base import MXNetError
from mx_io.io import DataBatch, DataDesc
from mx_module import Module, Monitor
from mx_module.metric import create
from mx_module.module.slicing import divide, groups_by_device

pytest.importorskip("mx_kvstore", reason="several devices need mx-kvstore, which is optional for mx-module")

DEVICES = [cpu(0), cpu(1), cpu(2)]
OPTIONS = {"optimizer_params": {"learning_rate": 0.5, "momentum": 0.9, "wd": 0.1}}


def trained(mlp, params, batches, contexts, batch_size=4, work_load_list=None, **options):
    module = Module(mlp, context=contexts, work_load_list=work_load_list)
    module.fit(batches(batch_size), num_epoch=3, arg_params=params, aux_params={}, **OPTIONS, **options)
    return module


def bound(symbol, contexts, shape=(6, 3), **options):
    module = Module(symbol, context=contexts)
    module.bind([("data", shape)], [("softmax_label", shape[:1])], **options)
    module.init_params()
    return module


def values(module):
    return {name: array.asnumpy() for name, array in module.get_params()[0].items()}


@pytest.mark.parametrize("update_on_kvstore", ["0", "1"])
@pytest.mark.parametrize("kvstore", ["local", "device"])
@pytest.mark.parametrize("count", [2, 3])
def test_training_gives_what_one_device_gives(mlp, params, batches, monkeypatch, count, kvstore, update_on_kvstore):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", update_on_kvstore)
    expected = values(trained(mlp, params, batches, cpu()))
    module = trained(mlp, params, batches, DEVICES[:count], kvstore=kvstore)
    assert module._update_on_kvstore == (update_on_kvstore == "1")
    for name, value in values(module).items():
        np.testing.assert_allclose(value, expected[name], 1e-5, 1e-6, err_msg=name)
    # every device has the same weights, and a momentum where it updates by itself
    for arrays in module._exec_group.param_arrays:
        assert [array.context for array in arrays] == DEVICES[:count]
        for array in arrays[1:]:
            np.testing.assert_array_equal(array.asnumpy(), arrays[0].asnumpy())
    if update_on_kvstore == "0":
        assert sorted(module._updater.states) == list(range(4 * count))
        assert module._optimizer.idx2name[count] == "fc1_bias"


def test_without_a_kvstore_every_device_trains_alone(mlp, params, batches):
    module = bound(mlp, DEVICES[:2], (4, 3))
    module.set_params(params, {})
    module.init_optimizer(kvstore=None, **OPTIONS)
    module.forward_backward(next(batches()))
    module.update()
    first, second = module._exec_group.param_arrays[0]
    assert not (first.asnumpy() == second.asnumpy()).all()
    np.testing.assert_allclose(values(module)["fc1_weight"], (first.asnumpy() + second.asnumpy()) / 2, 1e-6)


def test_optimizer_states_are_saved_for_every_device(mlp, params, batches, tmp_path, monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    module = trained(mlp, params, batches, DEVICES[:2])
    module.save_optimizer_states(str(tmp_path / "states"))
    before = {key: state.asnumpy() for key, state in module._updater.states.items()}
    module.load_optimizer_states(str(tmp_path / "states"))
    for key, state in module._updater.states.items():
        np.testing.assert_array_equal(state.asnumpy(), before[key])


@pytest.mark.parametrize(
    ("size", "loads", "stops"),
    [
        (6, [1, 1, 1], [2, 4, 6]),
        (7, [1, 1, 1], [2, 4, 7]),
        (8, [1, 1, 1], [3, 6, 8]),
        (10, [1, 2, 2], [2, 6, 10]),
        (4, [3, 1], [3, 4]),
        (5, [1, 1], [2, 5]),
    ],
)
def test_divide(size, loads, stops):
    slices = divide(size, loads)
    assert [one.stop for one in slices] == stops
    assert [one.start for one in slices] == [0, *stops[:-1]]


@pytest.mark.parametrize(("size", "loads"), [(2, [1, 1, 1]), (1, [1, 1]), (4, [100, 1])])
def test_every_device_needs_work(size, loads):
    with pytest.raises(MXNetError, match=rf"too many slices: a batch of {size} divided between {len(loads)} devices"):
        divide(size, loads)


def test_too_small_batches_are_an_error(mlp):
    with pytest.raises(MXNetError, match="too many slices: a batch of 2 divided between 3 devices"):
        bound(mlp, DEVICES, (2, 3))
    module = bound(mlp, DEVICES)
    with pytest.raises(MXNetError, match="too many slices"):
        module.forward(DataBatch([nd.ones((2, 3))], [nd.ones((2,))]))


def test_work_loads(mlp, params, batches):
    expected = values(trained(mlp, params, batches, cpu()))
    module = trained(mlp, params, batches, DEVICES[:2], work_load_list=[3, 1])
    assert [exe.arg_dict["data"].shape for exe in module._exec_group.execs] == [(3, 3), (1, 3)]
    for name, value in values(module).items():
        np.testing.assert_allclose(value, expected[name], 1e-5, 1e-6)
    with pytest.raises(MXNetError, match="work_load_list has 1 entries for 2 devices"):
        Module(mlp, context=DEVICES[:2], work_load_list=[1])


@pytest.mark.parametrize("kind", [nd.array, np.asarray])
def test_outputs_are_put_together(mlp, params, kind):
    data = np.arange(18, dtype="float32").reshape(6, 3) / 10
    outputs = []
    for contexts in (cpu(), DEVICES):
        module = bound(mlp, contexts)
        module.set_params(params, {})
        module.forward(DataBatch([kind(data)], [kind(np.zeros(6, "float32"))]), is_train=False)
        outputs.append(module.get_outputs()[0])
    np.testing.assert_allclose(outputs[1].asnumpy(), outputs[0].asnumpy(), 1e-6)
    [parts] = module.get_outputs(merge_multi_context=False)
    assert [part.context for part in parts] == DEVICES
    assert [part.shape for part in parts] == [(2, 2)] * 3
    assert module.output_shapes == [("softmax_output", (6, 2))]
    assert outputs[1].context == cpu(0)


def test_gradients_of_inputs_and_given_head_gradients():
    net = sym.FullyConnected(sym.var("data"), num_hidden=2, name="fc")
    rng = np.random.default_rng(4)
    data, heads = rng.normal(size=(6, 3)), nd.array(rng.normal(size=(6, 2)))
    weight = {"fc_weight": nd.array(rng.normal(size=(2, 3))), "fc_bias": nd.zeros((2,))}
    results = []
    for contexts in (cpu(), DEVICES):
        module = Module(net, label_names=None, context=contexts)
        module.bind([("data", (6, 3))], inputs_need_grad=True)
        module.init_params(arg_params=weight, aux_params={})
        module.forward(DataBatch([nd.array(data)]), is_train=True)
        module.backward([heads])
        sums = [sum(one.asnumpy() for one in arrays) for arrays in module._exec_group.grad_arrays]
        results.append([module.get_input_grads()[0].asnumpy(), *sums])
    for e, g in zip(*results, strict=True):
        np.testing.assert_allclose(g, e, 1e-5, 1e-6)
    assert [one.shape for one in module.get_input_grads(merge_multi_context=False)[0]] == [(2, 3)] * 3


def test_a_batch_may_come_divided(mlp, params, data):
    """As a list with a batch for each device."""
    x, y = data
    whole = DataBatch([nd.array(x[:6])], [nd.array(y[:6])])
    parts = [DataBatch([nd.array(x[i : i + 3])], [nd.array(y[i : i + 3])]) for i in (0, 3)]
    results = []
    for batch in (whole, parts):
        module = bound(mlp, DEVICES[:2])
        module.set_params(params, {})
        module.forward_backward(batch)
        metric = create("acc")
        module._measure(metric, batch)
        gradients = [array.asnumpy() for arrays in module._exec_group.grad_arrays for array in arrays]
        results.append([module.get_outputs()[0].asnumpy(), np.array([metric.get()[1], metric.num_inst]), *gradients])
    for e, g in zip(*results, strict=True):
        np.testing.assert_array_equal(g, e)
    with pytest.raises(MXNetError, match="a list of 1 batches for 2 devices"):
        module.forward([whole])
    with pytest.raises(MXNetError, match=r"equal shapes, got \[\(3, 3\), \(6, 3\)\]"):
        module.forward([parts[0], whole])


def test_a_smaller_batch_is_divided_anew(mlp, params):
    module = bound(mlp, DEVICES[:2])
    module.set_params(params, {})
    small = np.arange(9, dtype="float32").reshape(3, 3)
    module.forward(DataBatch([nd.array(small)], [nd.zeros((3,))]), is_train=False)
    assert module.get_outputs()[0].shape == (3, 2)
    assert [exe.arg_dict["data"].shape[0] for exe in module._exec_group.execs] == [2, 1]
    np.testing.assert_array_equal(module._exec_group.execs[1].arg_dict["data"].asnumpy(), small[2:])


def test_the_batch_may_be_another_axis():
    net = sym.sum(sym.var("data"), axis=0, name="total")
    net._set_attr(__layout__="NC")
    module = Module(net, label_names=None, context=DEVICES[:2])
    module.bind([DataDesc("data", (3, 5, 2), layout="TNC")], for_training=False)
    module.init_params()
    data = np.arange(30, dtype="float32").reshape(3, 5, 2)
    for kind in (nd.array, np.asarray):
        module.forward(DataBatch([kind(data)]))
        np.testing.assert_array_equal(module.get_outputs()[0].asnumpy(), data.sum(0))


def test_an_input_without_a_batch_goes_to_every_device():
    net = sym.broadcast_mul(sym.var("data"), sym.var("scale"), name="scaled")
    module = Module(net, data_names=["data", "scale"], label_names=None, context=DEVICES[:2])
    module.bind([("data", (4, 2)), DataDesc("scale", (1, 2), layout="")], for_training=False)
    module.init_params()
    module.forward(DataBatch([nd.ones((4, 2)), nd.array([[2, 3]])]))
    assert module.get_outputs()[0].asnumpy().tolist() == [[2, 3]] * 4


def test_inputs_must_agree_on_the_batch(mlp):
    module = Module(mlp, context=DEVICES[:2])
    with pytest.raises(MXNetError, match=r"all inputs must have the same batch size: data has 6, softmax_label of"):
        module.bind([("data", (6, 3))], [("softmax_label", (5,))])


def test_metrics_see_the_part_of_every_device(mlp, params, batches):
    results = []
    for contexts in (cpu(), DEVICES[:2]):
        module = bound(mlp, contexts, (4, 3))
        module.set_params(params, {})
        results.append(dict(module.score(batches(), create(["acc", "ce"]))))
    assert results[0].keys() == results[1].keys()
    for name, value in results[0].items():
        assert results[1][name] == pytest.approx(value, 1e-5)
    metric = create("acc")
    module.update_metric(metric, [[nd.zeros((2,))], [nd.zeros((2,))]], pre_sliced=True)
    assert metric.num_inst == 4


def test_states_stay_on_their_devices():
    net = sym.elemwise_add(sym.var("data"), sym.var("state"), name="sum")
    module = Module(net, label_names=None, state_names=["state"], context=DEVICES[:2])
    module.bind([("data", (4, 2))], for_training=False)
    module.init_params()
    module.set_states(value=3)
    with pytest.raises(MXNetError, match="merge_multi_context=False"):
        module.get_states()
    [states] = module.get_states(merge_multi_context=False)
    assert [one.context for one in states] == DEVICES[:2]
    module.set_states([[states[0] + 1, states[1] + 2]])
    module.forward(DataBatch([nd.zeros((4, 2))]))
    assert module.get_outputs()[0].asnumpy()[:, 0].tolist() == [4, 4, 5, 5]


def test_monitors_watch_every_device(mlp, params):
    module = bound(mlp, DEVICES[:2])
    monitor = Monitor(1, pattern="fc1_output")
    module.install_monitor(monitor)
    monitor.tic()
    module.forward(DataBatch([nd.ones((6, 3))], [nd.zeros((6,))]), is_train=True)
    assert [name for _, name, _ in monitor.toc()] == ["fc1_output"] * 2
    monitor.tic()
    module.forward(DataBatch([nd.ones((4, 3))], [nd.zeros((4,))]), is_train=True)
    assert len(monitor.toc()) == 2 and len(monitor.exes) == 2


def test_modules_may_share_parameters(mlp):
    first = bound(mlp, DEVICES[:2])
    second = Module(mlp, context=DEVICES[:2])
    second.bind([("data", (4, 3))], [("softmax_label", (4,))], shared_module=first)
    first.set_params({name: array * 0 + 1 for name, array in first.get_params()[0].items()}, {})
    for exe in second._exec_group.execs:
        assert (exe.arg_dict["fc1_weight"].asnumpy() == 1).all()
    with pytest.raises(MXNetError, match="the devices must be the same"):
        Module(mlp).bind([("data", (4, 3))], [("softmax_label", (4,))], shared_module=first)


def test_groups_of_devices():
    with AttrScope(ctx_group="low"):
        net = sym.FullyConnected(sym.var("data"), num_hidden=4, name="fc1")
    with AttrScope(ctx_group="high"):
        net = sym.FullyConnected(sym.tanh(net), num_hidden=2, name="fc2")
        net = sym.SoftmaxOutput(net, name="softmax")
    rng = np.random.default_rng(2)
    values = {"fc1_weight": (4, 3), "fc1_bias": (4,), "fc2_weight": (2, 4), "fc2_bias": (2,)}
    params = {name: nd.array(rng.normal(size=shape)) for name, shape in values.items()}
    batch = DataBatch([nd.array(rng.normal(size=(6, 3)))], [nd.array([0, 1, 0, 1, 1, 0])])
    results = []
    for groups in (None, {"low": [cpu(2), cpu(3)], "high": cpu(4)}, [{"low": cpu(2), "high": cpu(5)}] * 2):
        module = Module(net, context=DEVICES[:2], group2ctxs=groups)
        module.bind([("data", (6, 3))], [("softmax_label", (6,))])
        module.init_params(arg_params=params, aux_params={})
        module.init_optimizer(optimizer_params={"learning_rate": 0.5})
        module.forward_backward(batch)
        module.update()
        results.append({name: array.asnumpy() for name, array in module.get_params()[0].items()})
        if isinstance(groups, dict):
            assert [array.context for array in module._exec_group.param_arrays[0]] == [cpu(2), cpu(3)]
    for other in results[1:]:
        for name, value in results[0].items():
            np.testing.assert_array_equal(other[name], value)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ([{}], "has 1 dicts for 2 contexts"),
        ({"a": [cpu(0)] * 3}, r"group2ctxs\['a'\] has 3 contexts: give 1 or 2"),
        (3, "is a int: give a dict"),
    ],
)
def test_wrong_groups(given, text):
    with pytest.raises(MXNetError, match=text):
        groups_by_device(given, 2)
