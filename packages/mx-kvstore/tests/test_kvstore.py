"""The stores of one process: keys, sums, updaters, errors."""

import sys

import mx_core.ndarray as nd
import numpy as np
import pytest
from mx_core import cpu
from mx_core.base import MXNetError
from mx_kvstore import KVStore, create

SHAPE = (2, 3)


def full(value):
    return nd.ones(SHAPE) * value


def pulled(store, key):
    out = nd.zeros(SHAPE)
    store.pull(key, out=out)
    values = np.unique(out.asnumpy())
    assert values.size == 1
    return float(values[0])


def test_properties():
    store = create()
    assert isinstance(store, KVStore)
    assert (store.type, store.rank, store.num_workers) == ("local", 0, 1)
    assert store.is_capable("optimizer")
    store.barrier()


@pytest.mark.parametrize("key", ["w", 3])
def test_init_push_pull(key):
    store = create("LOCAL")
    value = full(1)
    store.init(key, value)
    value[:] = 9
    assert pulled(store, key) == 1  # a copy was stored
    pushed = full(5)
    store.push(key, pushed)
    assert pulled(store, key) == 5  # without an updater a push replaces
    store.push(key, [pushed, full(2), full(3)])
    assert pulled(store, key) == 10 and (pushed.asnumpy() == 5).all()


def test_lists_of_keys_and_devices():
    store = create()
    store.init(["a", "b"], [full(0), full(0)])
    store.push(["a", "b", "a"], [full(1), [full(2), full(3)], full(10)])
    outs = [[full(0), full(0)], full(0)]
    store.pull(["a", "b"], out=outs)
    assert [float(one.asnumpy()[0, 0]) for one in (*outs[0], outs[1])] == [11, 11, 5]


def test_pushpull_and_broadcast():
    store = create()
    out = full(0)
    store.broadcast("a", full(7), out=out)
    assert (out.asnumpy() == 7).all()
    store.pushpull("a", [full(3), full(3)], out=out)
    assert (out.asnumpy() == 6).all()
    values = [full(1), full(2)]
    store.pushpull("a", values)
    assert all((value.asnumpy() == 3).all() for value in values)


def test_updater():
    store, calls = create(), []

    def updater(key, pushed, stored):
        calls.append((key, float(pushed.asnumpy()[0, 0])))
        stored += pushed * 2

    store._set_updater(updater)
    store.init("a", full(1))
    store.push("a", [full(1), full(2)])
    assert calls == [("a", 3.0)] and pulled(store, "a") == 7
    store._set_updater(None)
    store.push("a", full(1))
    assert pulled(store, "a") == 1


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda s: s.init("a", full(1)), "duplicate init of key 'a'"),
        (lambda s: s.init(3, full(1)), "mixed key types"),
        (lambda s: s.push("b", full(1)), "key 'b' does not exist: init it first"),
        (lambda s: s.pull("b", out=full(1)), "key 'b' does not exist"),
        (lambda s: s.pull("a"), "out is missing"),
        (lambda s: s.push("a", nd.ones((3,))), r"has shape \(2, 3\), the array \(3,\)"),
        (lambda s: s.pull("a", out=nd.ones((3,))), r"has shape \(2, 3\), the array \(3,\)"),
        (lambda s: s.push(["a", "a"], [full(1)]), "2 keys and 1 values"),
        (lambda s: s.push(["a"], full(1)), "1 keys and NDArray"),
        (lambda s: s.push("a", []), "give NDArrays, at least one"),
        (lambda s: s.push("a", np.ones(SHAPE)), "give NDArrays"),
        (lambda s: s.push(1.5, full(1)), "keys are strings or integers"),
        (lambda s: s.save_optimizer_states("x"), "call set_optimizer first"),
        (lambda s: s.set_gradient_compression({"type": "2bit"}), "does not compress"),
        (lambda s: s.row_sparse_pull("a"), "dense arrays only"),
        (lambda s: s.is_capable("telepathy"), "unknown capability"),
    ],
)
def test_errors_leave_the_store_as_it_was(act, text):
    store = create()
    store.init("a", full(4))
    with pytest.raises(MXNetError, match=text) as caught:
        act(store)
    assert str(caught.value).startswith("[KVStore.")
    assert pulled(store, "a") == 4


@pytest.mark.parametrize("kind", ["local", "device", "local_allreduce_device"])
@pytest.mark.parametrize("key", ["w", 3])
def test_sums_over_devices(kind, key):
    store = create(kind)
    assert store.type == kind
    store.init(key, full(1))
    values = [nd.ones(SHAPE, ctx=cpu(i)) * (i + 1) for i in range(3)]
    outs = [nd.zeros(SHAPE, ctx=cpu(i)) for i in range(3)]
    store.push(key, values, priority=-1)
    store.pull(key, out=outs, priority=-1)
    assert [float(out.asnumpy()[0, 0]) for out in outs] == [6, 6, 6]
    seen = []

    def updater(key, pushed, stored):
        seen.append((key, pushed.context, stored.context))
        stored += pushed * 2

    store._set_updater(updater)
    store.pushpull(key, values, out=outs)
    assert [float(out.asnumpy()[0, 0]) for out in outs] == [18, 18, 18]
    assert [out.context for out in outs] == [cpu(0), cpu(1), cpu(2)]
    assert seen == [(key, cpu(0), cpu(0))]
    assert [float(value.asnumpy()[0, 0]) for value in values] == [1, 2, 3]


def test_devices_share_the_work():
    homes, store = {}, create("device")
    store._set_updater(lambda key, pushed, stored: homes.update({key: (pushed.context, stored.context)}))
    sizes = {"a": 8, "b": 2, "c": 2, "d": 2, "e": 2, "f": 2}
    for key, size in sizes.items():
        store.init(key, nd.zeros((size,)))
        store.push(key, [nd.ones((size,), ctx=cpu(i)) for i in range(2)])
    assert [homes[key] for key in "abcdef"] == [(cpu(0),) * 2] + [(cpu(1),) * 2] * 4 + [(cpu(0),) * 2]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("foo", "unknown type 'foo'"),
        ("dist_sync", "several machines come with a later"),
        ("nccl", "use 'device'"),
        (3, "name is a int"),
    ],
)
def test_types_that_are_not_here(name, text):
    with pytest.raises(MXNetError, match=text):
        create(name)


def test_set_optimizer_names_the_missing_distribution(monkeypatch):
    monkeypatch.setitem(sys.modules, "mx_module", None)
    monkeypatch.setitem(sys.modules, "mx_module.optimizer", None)
    with pytest.raises(ImportError, match="mx-module"):
        create().set_optimizer(object())
