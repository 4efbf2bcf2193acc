"""Modules with and without a kvstore."""

import sys

import numpy as np
import pytest
from mx_core.base import MXNetError
from mx_module import Module

OPTIONS = {"optimizer_params": {"learning_rate": 0.5, "momentum": 0.9, "wd": 0.1}}


def trained(mlp, params, batches, **options):
    module = Module(mlp)
    module.fit(batches(), num_epoch=2, arg_params=params, aux_params={}, **OPTIONS, **options)
    return module


def test_one_device_needs_no_kvstore(mlp, params, batches, monkeypatch):
    monkeypatch.setitem(sys.modules, "mx_kvstore", None)  # importing it now fails
    for kvstore in ("local", "device", None):
        module = trained(mlp, params, batches, kvstore=kvstore)
        assert module._kvstore is None and module._updater is not None


def test_missing_distribution_is_named(mlp, params, batches, monkeypatch):
    monkeypatch.setitem(sys.modules, "mx_kvstore", None)
    with pytest.raises(ImportError, match="install the package mx-kvstore"):
        trained(mlp, params, batches, kvstore="dist_sync")


def test_something_else_is_an_error(mlp, params, batches):
    with pytest.raises(MXNetError, match="give None, a type name, or a KVStore"):
        trained(mlp, params, batches, kvstore=3)


@pytest.mark.parametrize("update_on_kvstore", ["0", "1"])
def test_a_given_kvstore_trains_the_same(mlp, params, batches, tmp_path, monkeypatch, update_on_kvstore):
    mx_kvstore = pytest.importorskip("mx_kvstore", reason="mx-kvstore is optional for mx-module")
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", update_on_kvstore)
    expected = trained(mlp, params, batches, kvstore=None)
    module = trained(mlp, params, batches, kvstore=mx_kvstore.create("local"))
    assert (module._updater is None) == (update_on_kvstore == "1")
    for name, array in expected.get_params()[0].items():
        np.testing.assert_allclose(module.get_params()[0][name].asnumpy(), array.asnumpy(), atol=1e-6)
    states = str(tmp_path / "states")
    module.save_optimizer_states(states)
    module.load_optimizer_states(states)
    loaded = (module._updater or module._kvstore._updater).states
    saved = {name: expected._updater.states[index].asnumpy() for index, name in enumerate(module._param_names)}
    keys = list(saved) if update_on_kvstore == "1" else range(len(saved))
    for key, value in zip(keys, saved.values()):
        np.testing.assert_allclose(loaded[key].asnumpy(), value, atol=1e-6)
