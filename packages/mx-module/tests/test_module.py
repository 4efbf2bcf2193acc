"""Module step by step: bind, parameters, forward, backward, update, reshape, sharing."""

import mx_core.ndarray as nd
import mx_core.symbol as sym
import numpy as np
import pytest
from mx_core.base import MXNetError
from mx_io.io import DataBatch, DataDesc
from mx_module import Module, initializer, metric, optimizer

DATA, LABEL = [("data", (4, 3))], [("softmax_label", (4,))]


def bound(symbol, params=None, module=None, **options):
    module = module or Module(symbol)
    module.bind(DATA, LABEL, **options)
    if params is not None:
        module.init_params(arg_params=params, aux_params={})
    return module


def batch_of(data, start, stop, label=True):
    x, y = data
    return DataBatch([nd.array(x[start:stop])], [nd.array(y[start:stop])] if label else [])


def test_properties(mlp, params):
    module = bound(mlp, params)
    assert module.data_names == ["data"] and module.label_names == ["softmax_label"]
    assert module.output_names == ["softmax_output"] and module.output_shapes == [("softmax_output", (4, 2))]
    assert module.data_shapes == DATA and module.label_shapes == LABEL
    assert isinstance(module.data_shapes[0], DataDesc)
    assert module.symbol is mlp and module.binded and module.for_training and module.params_initialized


def test_steps_out_of_order(mlp, params, data):
    module = Module(mlp)
    for step in (
        lambda: module.data_shapes,
        module.init_params,
        module.get_params,
        module.update,
        module.get_outputs,
        module.init_optimizer,
        lambda: module.forward(batch_of(data, 0, 4)),
    ):
        with pytest.raises(MXNetError, match="not bound: call bind first"):
            step()
    module.bind(DATA, LABEL)
    with pytest.raises(MXNetError, match="call init_params"):
        module.forward(batch_of(data, 0, 4))
    module.init_params()
    with pytest.raises(MXNetError, match="call init_optimizer"):
        module.update()


def test_half_precision(mlp, data):
    module = Module(mlp)
    shapes = [DataDesc("data", DATA[0][1], np.float16)], [DataDesc("softmax_label", LABEL[0][1], np.float16)]
    module.bind(*shapes)
    module.init_params()
    assert {array.dtype for array in module.get_params()[0].values()} == {np.dtype("float16").type}
    module.init_optimizer(optimizer_params={"multi_precision": True, "momentum": 0.9})
    module.forward_backward(batch_of(data, 0, 4))
    module.update()
    assert module.get_outputs()[0].dtype == np.float16
    assert all(np.isfinite(array.asnumpy()).all() for array in module.get_params()[0].values())


def test_features_of_an_inner_layer(mlp, params, data):
    inner = mlp.get_internals()["fc1_output"]
    module = Module(inner, label_names=None)
    module.bind(DATA, label_shapes=module._label_shapes, for_training=False)  # as many scripts write it
    module.set_params(params, {}, allow_extra=True)
    module.forward(batch_of(data, 0, 4, label=False))
    expected = data[0][:4] @ params["fc1_weight"].asnumpy().T + params["fc1_bias"].asnumpy()
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), expected, rtol=1e-5, atol=1e-6)


def test_predict_needs_data(mlp, params):
    with pytest.raises(ValueError, match="eval_data is a int, must be an array or a DataIter"):
        bound(mlp, params).predict(3)


def test_names_that_the_symbol_lacks(mlp):
    with pytest.raises(ValueError, match=r"data_names has 'x'.*candidates: \['data', 'softmax_label'\]"):
        Module(mlp, data_names=["x"])
    with pytest.raises(ValueError, match="fixed_param_names has 'x'"):
        Module(mlp, fixed_param_names=["x"])
    with pytest.warns(UserWarning, match="label_names has 'x'"):
        Module(mlp, label_names=["x"])
    with pytest.raises(ValueError, match="data_shapes describe"):
        Module(mlp).bind([("d", (4, 3))], LABEL)


def test_bind_again_only_warns(mlp, caplog):
    module = bound(mlp)
    module.bind([("data", (8, 3))], [("softmax_label", (8,))])
    assert "Already bound" in caplog.text and module.data_shapes == DATA


def test_init_params_uses_the_given_and_the_initializer(mlp, params):
    module = bound(mlp)
    some = {"fc1_weight": params["fc1_weight"]}
    with pytest.raises(MXNetError, match=r"fc1_bias is not presented.*\(4,\)"):
        module.init_params(arg_params=some)
    module.init_params(initializer.Constant(7), arg_params=some, allow_missing=True)
    values, _ = module.get_params()
    np.testing.assert_array_equal(values["fc1_weight"].asnumpy(), params["fc1_weight"].asnumpy())
    assert (values["fc2_weight"].asnumpy() == 7).all() and (values["fc1_bias"].asnumpy() == 0).all()
    with pytest.warns(UserWarning, match="call ignored"):
        module.init_params(initializer.One())


def test_parameter_of_another_shape(mlp, params):
    wrong = {**params, "fc1_bias": nd.zeros((5,))}
    with pytest.raises(ValueError, match=r"'fc1_bias' has shape \(4,\), the given one \(5,\)"):
        bound(mlp, wrong)


def test_set_params(mlp, params):
    module = bound(mlp, params)
    module.set_params({**params, "zzz": nd.ones((1,))}, {})  # a part of a network takes the parameters of the whole
    with pytest.raises(MXNetError, match="is not presented"):
        module.set_params({}, {})
    module.set_params({"fc2_bias": nd.array([5, 6])}, {}, allow_missing=True)
    values, _ = module.get_params()
    assert values["fc2_bias"].asnumpy().tolist() == [5, 6]
    np.testing.assert_array_equal(values["fc1_weight"].asnumpy(), params["fc1_weight"].asnumpy())
    with pytest.raises(ValueError, match="'zzz' is no argument"):
        module.set_params({"zzz": nd.ones((1,))}, {}, allow_missing=True)
    module.set_params({"zzz": nd.ones((1,))}, {}, allow_missing=True, allow_extra=True)


def test_trained_parameters_stay_where_none_are_given(mlp, params, data):
    module = bound(mlp, params)
    module.init_optimizer(optimizer_params={"learning_rate": 1.0})
    module.forward_backward(batch_of(data, 0, 4))
    module.update()
    module.init_params(None, {"fc2_bias": nd.array([5, 6])}, {}, allow_missing=True, force_init=True)
    values, _ = module.get_params()
    assert values["fc2_bias"].asnumpy().tolist() == [5, 6]
    assert np.abs(values["fc1_weight"].asnumpy() - params["fc1_weight"].asnumpy()).max() > 0


def test_get_params_is_a_snapshot(mlp, params, data):
    module = bound(mlp, params)
    module.init_optimizer(optimizer_params={"learning_rate": 1.0})
    before, _ = module.get_params()
    kept = before["fc2_bias"].asnumpy()
    module.forward_backward(batch_of(data, 0, 4))
    module.update()
    after, _ = module.get_params()
    np.testing.assert_array_equal(before["fc2_bias"].asnumpy(), kept)
    assert not np.array_equal(after["fc2_bias"].asnumpy(), kept)


def test_forward_takes_other_batch_sizes(mlp, params, data):
    module = bound(mlp, params)
    whole = module.predict(data[0]).asnumpy()
    for start, stop in ((0, 4), (4, 7), (0, 4), (2, 10), (4, 7)):
        for label in (True, False):
            module.forward(batch_of(data, start, stop, label), is_train=False)
            assert module.data_shapes == [("data", (stop - start, 3))]
            np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), whole[start:stop], atol=1e-6)


def test_training_over_reshapes_updates_the_same_parameters(mlp, params, data):
    """Batches of changing size in one module, against one fresh module per batch."""
    sizes = [(0, 4), (4, 7), (0, 4), (4, 10)]
    options = {"optimizer_params": {"learning_rate": 0.5, "rescale_grad": 1.0}}
    module = bound(mlp, params)
    module.init_optimizer(**options)
    expected = params
    for start, stop in sizes:
        module.forward_backward(batch_of(data, start, stop))
        module.update()
        fresh = Module(mlp)
        fresh.bind([("data", (stop - start, 3))], [("softmax_label", (stop - start,))])
        fresh.init_params(arg_params=expected, aux_params={})
        fresh.init_optimizer(**options)
        fresh.forward_backward(batch_of(data, start, stop))
        fresh.update()
        expected, _ = fresh.get_params()
    for name, array in module.get_params()[0].items():
        np.testing.assert_allclose(array.asnumpy(), expected[name].asnumpy(), atol=1e-6)


def test_forward_backward_is_forward_and_backward(mlp, params, data):
    results = []
    for together in (True, False):
        module = bound(mlp, params)
        if together:
            module.forward_backward(batch_of(data, 0, 4))
        else:
            module.forward(batch_of(data, 0, 4), is_train=True)
            module.backward()
        results.append([array[0].asnumpy() for array in module._exec_group.grad_arrays if array])
        results[-1].append(module.get_outputs()[0].asnumpy())
    for one, other in zip(*results, strict=True):
        assert np.array_equal(one, other)


def test_forward_backward_calls_the_methods_of_a_subclass(mlp, params, data):
    class Counting(Module):
        calls = 0

        def forward(self, data_batch, is_train=None):
            self.calls += 1
            super().forward(data_batch, is_train)

    module = bound(mlp, params, module=Counting(mlp))
    module.forward_backward(batch_of(data, 0, 4))
    assert module.calls == 1


def test_batch_with_wrong_number_of_arrays(mlp, params):
    module = bound(mlp, params)
    with pytest.raises(ValueError, match="2 data arrays"):
        module.forward(DataBatch([nd.ones((4, 3))] * 2, [nd.ones((4,))]))


def test_what_is_no_batch(mlp, params):
    module = bound(mlp, params)
    for call in (module.forward, module.forward_backward):
        with pytest.raises(TypeError, match=r"data_batch is None: give a DataBatch"):
            call(None)


def test_numpy_batches(mlp, params, data):
    module = bound(mlp, params)
    module.forward(DataBatch([data[0][:4]], [data[1][:4]]), is_train=False)
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), module.predict(data[0]).asnumpy()[:4], atol=1e-6)


def test_gradients_of_inputs(mlp, params, data):
    module = bound(mlp, params, inputs_need_grad=True)
    module.forward_backward(batch_of(data, 0, 4))
    (grad,) = module.get_input_grads()
    # softmax: d(loss)/d(logits) = p - onehot; back through fc2, tanh, fc1
    p = {name: array.asnumpy() for name, array in params.items()}
    hidden = np.tanh(data[0][:4] @ p["fc1_weight"].T + p["fc1_bias"])
    logits = hidden @ p["fc2_weight"].T + p["fc2_bias"]
    soft = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    delta = (soft - np.eye(2)[data[1][:4].astype(int)]) @ p["fc2_weight"] * (1 - hidden**2) @ p["fc1_weight"]
    np.testing.assert_allclose(grad.asnumpy(), delta, atol=1e-5)
    assert [one.shape for (one,) in module.get_input_grads(merge_multi_context=False)] == [(4, 3)]
    with pytest.raises(MXNetError, match="inputs_need_grad=True"):
        bound(mlp, params).get_input_grads()


def test_no_gradients_without_training(mlp, params, data):
    module = bound(mlp, params, for_training=False)
    module.forward(batch_of(data, 0, 4))
    with pytest.raises(MXNetError, match="for_training=False"):
        module.backward()
    with pytest.raises(MXNetError, match="needs for_training=True"):
        bound(mlp, for_training=False, inputs_need_grad=True)


def test_grad_req_add(mlp, params, data):
    module = bound(mlp, params, grad_req="add")
    batch = batch_of(data, 0, 4)
    group = module._exec_group
    module.forward_backward(batch)
    once = group.grad_arrays[3][0].asnumpy()
    module.forward_backward(batch)
    np.testing.assert_allclose(group.grad_arrays[3][0].asnumpy(), 2 * once, rtol=1e-5)
    assert np.abs(once).max() > 0


def test_head_gradients(params, data):
    net = sym.FullyConnected(sym.var("data"), num_hidden=2, name="fc")
    module = Module(net, label_names=None)
    module.bind(DATA, inputs_need_grad=True)
    weight = nd.array([[1, 2, 3], [4, 5, 6]])
    module.init_params(arg_params={"fc_weight": weight, "fc_bias": nd.zeros((2,))}, aux_params={})
    module.forward(DataBatch([nd.array(data[0][:4])]), is_train=True)
    head = np.arange(8, dtype=np.float32).reshape(4, 2)
    module.backward([nd.array(head)])
    np.testing.assert_allclose(module.get_input_grads()[0].asnumpy(), head @ weight.asnumpy(), rtol=1e-5)
    module.backward(nd.array(head * 2))
    np.testing.assert_allclose(module.get_input_grads()[0].asnumpy(), 2 * head @ weight.asnumpy(), rtol=1e-5)


def test_auxiliary_states_follow(data):
    net = sym.BatchNorm(sym.var("data"), fix_gamma=False, momentum=0.5, name="bn")
    net = sym.SoftmaxOutput(sym.FullyConnected(net, num_hidden=2, name="fc"), name="softmax")
    module = bound(net)
    module.init_params(initializer.Xavier())
    _, aux = module.get_params()
    assert aux["bn_moving_mean"].asnumpy().tolist() == [0, 0, 0]
    assert aux["bn_moving_var"].asnumpy().tolist() == [1, 1, 1]
    module.forward_backward(batch_of(data, 0, 4))
    _, aux = module.get_params()
    np.testing.assert_allclose(aux["bn_moving_mean"].asnumpy(), 0.5 * data[0][:4].mean(axis=0), atol=1e-6)


def test_shared_module_uses_the_same_memory_and_optimizer(mlp, params, data):
    first = bound(mlp, params)
    first.init_optimizer(optimizer_params={"learning_rate": 0.5, "momentum": 0.9})
    second = Module(mlp)
    second.bind([("data", (6, 3))], [("softmax_label", (6,))], shared_module=first)
    assert second.optimizer_initialized and second._updater is first._updater
    second.forward_backward(batch_of(data, 0, 6))
    second.update()
    changed = first.get_params()[0]
    assert not np.array_equal(changed["fc1_weight"].asnumpy(), params["fc1_weight"].asnumpy())
    first.set_params(params, {})
    np.testing.assert_array_equal(second.get_params()[0]["fc1_weight"].asnumpy(), params["fc1_weight"].asnumpy())


def test_states_keep_their_values(data):
    net = sym.var("data") + sym.var("state")
    module = Module(net, label_names=None, state_names=["state"])
    module.bind(DATA, for_training=False)
    module.init_params()
    module.set_states(value=2)
    module.forward(DataBatch([nd.array(data[0][:4])]))
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), data[0][:4] + 2, rtol=1e-6)
    module.set_states(states=[nd.ones((4, 3))])
    assert module.get_states()[0].asnumpy().tolist() == np.ones((4, 3)).tolist()
    with pytest.raises(ValueError, match="either states or value"):
        module.set_states()


def test_optimizer_object_and_rescale(mlp, params):
    module = bound(mlp, params)
    with pytest.warns(UserWarning, match="rescale_grad is 1"):
        module.init_optimizer(optimizer=optimizer.SGD(learning_rate=0.1))
    assert module._optimizer.idx2name[0] == "fc1_weight"
    module.init_optimizer(force_init=True)
    assert module._optimizer.rescale_grad == 0.25
    with pytest.raises(TypeError, match="give a name or an Optimizer"):
        module.init_optimizer(optimizer=3, force_init=True)


def test_metric_by_names(mlp, params, data):
    module = bound(mlp, params)
    module.forward(batch_of(data, 0, 4), is_train=False)
    chosen = metric.Accuracy(output_names=["softmax_output"], label_names=["softmax_label"])
    module.update_metric(chosen, [nd.array(data[1][:4])])
    module.update_metric(chosen, [[nd.array(data[1][:4])]], pre_sliced=True)
    assert chosen.num_inst == 8


def test_initializers_that_the_symbol_names_win():
    net = sym.LeakyReLU(sym.FullyConnected(sym.var("data"), num_hidden=3, name="f"), act_type="prelu", name="p")
    module = Module(net, label_names=None)
    module.bind([("data", (2, 4))])
    module.init_params(initializer.One())
    assert module.get_params()[0]["p_gamma"].asnumpy().tolist() == [0.25] * 3


def test_what_is_no_iterator_and_no_initializer(mlp):
    with pytest.raises(MXNetError, match="train_data must be a DataIter, got NoneType"):
        Module(mlp).fit(None, num_epoch=1)
    with pytest.raises(MXNetError, match=r"initializer must be .* got 'uniform'"):
        bound(mlp).init_params("uniform")
