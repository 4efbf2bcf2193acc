"""Arrays on GPUs: making, copying, reading, errors."""

import mx
import mx_core
import numpy as np
import pytest

DTYPES = ["float32", "float64", "float16", "uint8", "int8", "int32", "int64", "bool"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_round_trip(dtype):
    host = np.arange(-3, 21).reshape(4, 6).astype(dtype)
    array = mx.nd.array(host, ctx=mx.gpu(0), dtype=dtype)
    assert array.context == mx.gpu(0)
    assert array.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(array.asnumpy(), host)


def test_empty_and_large():
    assert mx.nd.array(np.zeros((0, 3)), ctx=mx.gpu(0)).asnumpy().shape == (0, 3)
    host = np.random.default_rng(1).random(3_000_000).astype("float32")  # several pieces of the staging memory
    np.testing.assert_array_equal(mx.nd.array(host, ctx=mx.gpu(0)).asnumpy(), host)


def test_copies_in_every_direction(two_gpus):
    host = mx.nd.array(np.arange(12).reshape(3, 4))
    for source in (mx.cpu(), *two_gpus):
        for target in (mx.cpu(), *two_gpus):
            copy = host.copyto(source).copyto(target)
            assert copy.context == target
            np.testing.assert_array_equal(copy.asnumpy(), host.asnumpy())


@pytest.mark.parametrize("source", [mx.cpu(), mx.gpu(0)])
@pytest.mark.parametrize("target", [mx.cpu(), mx.gpu(0)])
def test_copyto_converts(source, target):
    values = mx.nd.array([1.5, -2.5, 300], ctx=source)
    to = mx.nd.zeros((3,), ctx=target, dtype="int32")
    values.copyto(to)
    assert to.asnumpy().tolist() == [1, -2, 300]
    half = mx.nd.zeros((3,), ctx=target, dtype="float16")
    values.copyto(half)
    assert half.asnumpy().tolist() == [1.5, -2.5, 300]


def test_as_in_context_keeps_the_array_where_it_is():
    array = mx.nd.ones((2,), ctx=mx.gpu(0))
    assert array.as_in_context(mx.gpu(0)) is array
    assert array.as_in_context(mx.cpu()).context == mx.cpu()


def test_a_copy_onto_itself():
    """Source and target overlap: what is written must not be read again."""
    host = np.arange(60_000.0, dtype="float32").reshape(60, 1000)
    array = mx.nd.array(host, ctx=mx.gpu(0))
    array[:-1].copyto(array[1:])
    host[1:] = host[:-1].copy()
    np.testing.assert_array_equal(array.asnumpy(), host)
    array[2:].copyto(array[:-2])
    host[:-2] = host[2:].copy()
    np.testing.assert_array_equal(array.asnumpy(), host)


def test_views_and_assignment():
    host = np.arange(24.0, dtype="float32").reshape(4, 6)
    array = mx.nd.array(host, ctx=mx.gpu(0))
    np.testing.assert_array_equal(array[1:3].asnumpy(), host[1:3])
    array[2] = 7
    array[:, 1:3] = mx.nd.array([[1, 2]] * 4, ctx=mx.gpu(0))
    host[2] = 7
    host[:, 1:3] = [1, 2]
    np.testing.assert_array_equal(array.asnumpy(), host)


def test_save_and_load(tmp_path):
    array = mx.nd.array([[1, 2], [3, 4]], ctx=mx.gpu(0))
    mx.nd.save(str(tmp_path / "a.params"), {"a": array})
    np.testing.assert_array_equal(mx.nd.load(str(tmp_path / "a.params"))["a"].asnumpy(), array.asnumpy())


def test_memory_is_counted_and_reused():
    mx.nd.waitall()
    ctx = mx.gpu(0)
    ctx.empty_cache()
    before = ctx.memory_info()
    array = mx.nd.zeros((1000, 1000), ctx=ctx)
    during = ctx.memory_info()
    assert during["used"] - before["used"] >= 4_000_000
    del array
    after = ctx.memory_info()
    assert after["used"] == before["used"]
    assert after["cached"] >= 4_000_000
    again = mx.nd.zeros((1000, 1000), ctx=ctx)
    assert ctx.memory_info()["hits"] == after["hits"] + 1
    del again
    ctx.empty_cache()
    assert ctx.memory_info()["cached"] == 0


def test_pinned_memory_has_a_pool_of_its_own():
    ctx = mx.cpu_pinned()
    ctx.empty_cache()
    before = ctx.memory_info()
    array = mx.nd.ones((1000, 1000), ctx=ctx)
    assert array.context == ctx
    assert ctx.memory_info()["used"] - before["used"] >= 4_000_000
    assert (array + mx.nd.ones((1000, 1000))).asnumpy().max() == 2  # the CPU computes with it
    del array
    assert ctx.memory_info()["used"] == before["used"]
    ctx.empty_cache()
    assert ctx.memory_info()["cached"] == 0


def test_copies_from_and_to_pinned_memory():
    host = np.arange(2_000_000, dtype="float32")
    pinned = mx.nd.array(host, ctx=mx.cpu_pinned())
    there = pinned.as_in_context(mx.gpu(0))
    back = there.copyto(mx.nd.zeros(host.shape, ctx=mx.cpu_pinned()))
    np.testing.assert_array_equal(back.asnumpy(), host)
    converted = mx.nd.zeros(host.shape, ctx=mx.gpu(0), dtype="float64")
    pinned.copyto(converted)
    np.testing.assert_array_equal(converted.asnumpy(), host)


def test_pinned_memory_is_not_written_while_a_gpu_reads_it():
    """Copies from it return at once: later writers wait."""
    pinned = mx.nd.zeros((300_000,), ctx=mx.cpu_pinned())
    lent = mx.nd.zeros((300_000,), ctx=mx.cpu_pinned())
    view = mx.nd.from_dlpack(lent.to_dlpack_for_write())
    copies = []
    for i in range(6):
        pinned[:] = i
        view[:] = i  # nobody can make this wait, so its copies don't return early
        copies.append((pinned.as_in_context(mx.gpu(0)), lent.as_in_context(mx.gpu(0))))
    del pinned
    mx.nd.full((300_000,), 77, ctx=mx.cpu_pinned())  # the same memory
    for i, pair in enumerate(copies):
        for copy in pair:
            assert (copy.asnumpy() == i).all()


def test_free_and_total_memory():
    free, total = mx_core.gpu_memory_info(0)
    assert 0 < free <= total


def test_unused_memory_is_bounded():
    """As on the CPU: blocks of sizes that nobody needs any more make room for new ones."""
    ctx = mx.gpu(0)
    mx.nd.waitall()
    ctx.empty_cache()
    step = max(4 << 20, ctx.memory_info()["peak"] // 8)
    for i in range(1, 9):
        mx.nd.empty((i * step // 4,), ctx=ctx)
        info = ctx.memory_info()
        assert info["used"] + info["cached"] <= info["peak"] * 3 // 2
    ctx.empty_cache()


def test_no_such_gpu():
    with pytest.raises(mx.MXNetError, match=rf"there is no gpu\(77\); this machine has {mx.num_gpus()}"):
        mx.nd.zeros((2,), ctx=mx.gpu(77))


def test_out_of_memory_names_the_size(emulated):
    with pytest.raises(mx.MXNetError, match=r"gpu\(0\) has no memory for 4000000000 bytes"):
        mx.nd.empty((1000, 1000, 1000), ctx=mx.gpu(0))
    mx.nd.zeros((2,), ctx=mx.gpu(0)).asnumpy()  # and life goes on


def test_arrays_of_different_devices_do_not_mix(two_gpus):
    there = mx.nd.ones((2,), ctx=two_gpus[0])
    for other in (mx.cpu(), two_gpus[1]):
        with pytest.raises(mx.MXNetError, match=r"input rhs lies on .*copy one of them with as_in_context"):
            there + mx.nd.ones((2,), ctx=other)


def test_memory_of_a_gpu_is_not_shared_with_the_host():
    array = mx.nd.ones((2,), ctx=mx.gpu(0))
    with pytest.raises(mx.MXNetError, match="copy"):
        np.from_dlpack(array)
