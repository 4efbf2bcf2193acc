"""Devices as such: names, defaults, kinds of host memory."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from mx_core import (
    AttrScope,
    Context,
    MXNetError,
    NameManager,
    cpu,
    cpu_pinned,
    current_context,
    gpu,
    nd,
    num_gpus,
    sym,
)


def test_contexts_are_values():
    assert cpu(1) == Context("cpu", 1) != cpu(0)
    assert len({cpu(0), Context("cpu"), gpu(0)}) == 2
    assert (str(gpu(2)), cpu_pinned().device_type, Context("cpu_shared").device_typeid) == ("gpu(2)", "cpu_pinned", 5)
    assert pickle.loads(pickle.dumps(cpu(3))) == cpu(3)
    with pytest.raises(MXNetError, match="'tpu' is no device type; there are cpu, gpu, cpu_pinned, cpu_shared"):
        Context("tpu")
    with pytest.raises(KeyError):  # what 1.9.1 raises
        Context(3)


def test_defaults_nest():
    assert current_context() == cpu(0)
    with cpu(1):
        with cpu(2):
            assert nd.ones((2,)).context == cpu(2)
        assert nd.ones((2,)).context == cpu(1)
    assert current_context() == cpu(0)


def test_operators_take_contexts_and_their_names():
    assert (
        nd.random_uniform(shape=(2,), ctx=cpu(1)).context
        == nd.random_uniform(shape=(2,), ctx="cpu(1)").context
        == cpu(1)
    )
    assert sym.random_uniform(shape=(2,), ctx=cpu(1)).list_attr()["ctx"] == "cpu(1)"


def test_classes_tell_what_is_current():
    with cpu(1), AttrScope(__a__="1") as scope, NameManager() as names:
        assert (Context.default_ctx, AttrScope.current, NameManager.current) == (cpu(1), scope, names)
        Context.default_ctx = cpu(2)
        assert nd.ones((2,)).context == cpu(2)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(lambda: Context.default_ctx).result() == cpu(0)
            assert pool.submit(lambda: AttrScope.current.get(None)).result() == {}
    assert Context.default_ctx == cpu(0)
    assert AttrScope.current.get({"__b__": "2"}) == {"__b__": "2"}


@pytest.mark.parametrize("context", [cpu_pinned(), Context("cpu_shared"), cpu(7)])
def test_other_kinds_of_host_memory_compute_like_the_cpu(context):
    array = nd.array([1, 2, 3], ctx=context)
    assert array.context == context
    assert (array * 2).context == context
    assert (array + nd.ones((3,))).asnumpy().tolist() == [2, 3, 4]
    assert array.as_in_context(cpu()).context == cpu(0)
    back = nd.zeros((3,), ctx=context)
    nd.array([4, 5, 6]).copyto(back)
    np.testing.assert_array_equal(back.asnumpy(), [4, 5, 6])
    assert nd.zeros((2,), ctx=context).context == nd.random.uniform(shape=(2,), ctx=context).context == context


@pytest.mark.skipif(num_gpus() > 0, reason="with a GPU there is pinned memory")
def test_without_a_gpu_pinned_memory_is_ordinary_memory():
    before = cpu_pinned().memory_info()
    array = nd.zeros((1 << 20,), ctx=cpu())
    assert cpu_pinned().memory_info()["used"] - before["used"] >= array.size * 4
