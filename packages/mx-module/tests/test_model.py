"""Checkpoints and optimizer states as files."""

import mx_core.ndarray as nd
import numpy as np
import pytest
from mx_core.base import MXNetError
from mx_module import Module, load_checkpoint, load_params, save_checkpoint
from mx_module.callback import do_checkpoint, module_checkpoint

OPTIONS = {"optimizer_params": {"learning_rate": 0.5, "momentum": 0.9}}


def test_checkpoint_round_trip(tmp_path, mlp, params):
    prefix = str(tmp_path / "net")
    save_checkpoint(prefix, 7, mlp, params, {"bn_mean": nd.ones((2,))})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net-0007.params", "net-symbol.json"]
    symbol, arg_params, aux_params = load_checkpoint(prefix, 7)
    assert symbol.tojson() == mlp.tojson()
    assert sorted(arg_params) == sorted(params) and list(aux_params) == ["bn_mean"]
    for name, array in params.items():
        np.testing.assert_array_equal(arg_params[name].asnumpy(), array.asnumpy())
    assert load_params(prefix, 7)[1]["bn_mean"].asnumpy().tolist() == [1, 1]


def test_file_without_parameter_names(tmp_path):
    nd.save(str(tmp_path / "a-0001.params"), {"weight": nd.ones((2,))})
    with pytest.raises(ValueError, match="holds 'weight'"):
        load_params(str(tmp_path / "a"), 1)
    nd.save(str(tmp_path / "a-0002.params"), [nd.ones((2,))])
    with pytest.raises(ValueError, match="without names"):
        load_params(str(tmp_path / "a"), 2)


def test_resumed_training_equals_uninterrupted(tmp_path, mlp, params, batches):
    prefix = str(tmp_path / "net")
    whole, first = Module(mlp), Module(mlp)
    whole.fit(batches(), num_epoch=2, arg_params=params, aux_params={}, **OPTIONS)
    first.fit(batches(), num_epoch=1, arg_params=params, aux_params={}, **OPTIONS)
    first.save_checkpoint(prefix, 1, save_optimizer_states=True)
    second = Module.load(prefix, 1, load_optimizer_states=True)
    second.fit(batches(), begin_epoch=1, num_epoch=2, **OPTIONS)
    for name, array in whole.get_params()[0].items():
        np.testing.assert_allclose(second.get_params()[0][name].asnumpy(), array.asnumpy(), atol=1e-6)


def test_load_and_predict_without_labels(tmp_path, mlp, params, batches):
    prefix = str(tmp_path / "net")
    save_checkpoint(prefix, 0, mlp, params, {})
    module = Module.load(prefix, 0)
    module.bind([("data", (4, 3))], for_training=False)
    assert module.label_shapes is None
    assert module.predict(batches()).shape == (10, 2)


def test_load_warns_of_missing_values(tmp_path, mlp, params):
    prefix = str(tmp_path / "net")
    del params["fc1_bias"]
    save_checkpoint(prefix, 0, mlp, params, {})
    with pytest.warns(UserWarning, match=r"no values for \['fc1_bias'\]"):
        Module.load(prefix, 0).bind([("data", (4, 3))], for_training=False)


def test_params_file_of_a_module(tmp_path, mlp, params):
    module = Module(mlp)
    module.bind([("data", (4, 3))], [("softmax_label", (4,))])
    module.init_params(arg_params=params, aux_params={})
    module.save_params(str(tmp_path / "p"))
    module.init_params(force_init=True)
    module.load_params(str(tmp_path / "p"))
    for name, array in module.get_params()[0].items():
        np.testing.assert_array_equal(array.asnumpy(), params[name].asnumpy())


def test_checkpoint_callbacks(tmp_path, mlp, batches):
    module = Module(mlp)
    module.fit(
        batches(),
        num_epoch=4,
        epoch_end_callback=[
            do_checkpoint(str(tmp_path / "a"), period=2),
            module_checkpoint(module, str(tmp_path / "b"), period=3, save_optimizer_states=True),
        ],
        **OPTIONS,
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a-0002.params",
        "a-0004.params",
        "a-symbol.json",
        "b-0003.params",
        "b-0003.states",
        "b-symbol.json",
    ]


def test_states_need_an_optimizer(tmp_path, mlp, params):
    module = Module(mlp)
    module.bind([("data", (4, 3))], [("softmax_label", (4,))])
    module.init_params(arg_params=params, aux_params={})
    with pytest.raises(MXNetError, match="call init_optimizer"):
        module.save_optimizer_states(str(tmp_path / "s"))


def test_an_epoch_that_is_no_number(tmp_path):
    with pytest.raises(MXNetError, match="epoch must be an integer, got 'last'"):
        load_params(str(tmp_path / "net"), "last")
