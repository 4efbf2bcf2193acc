"""Several devices at once: graphs, gradients, stores and modules over GPUs and the CPU."""

import threading

import mx
import numpy as np
import pytest
from mx_module import Module

CPU = mx.cpu()


def layers(depth=6):
    """Elementwise layers that change groups at each step, with values that are used on both sides."""
    data, net = mx.sym.var("data"), mx.sym.var("data0")
    for i in range(depth):
        with mx.AttrScope(ctx_group="even" if i % 2 == 0 else "odd"):
            weight = mx.sym.var(f"w{i}")
            net = mx.sym.tanh(mx.sym.broadcast_add(net * 0.9, weight), name=f"layer{i}") + data
    return mx.sym.Group([mx.sym.sum(net, axis=1, name="total"), net])


def run(groups, ctx=CPU, times=1):
    net = layers()
    shapes = {name: (1, 5) if name[0] == "w" else (40, 5) for name in net.list_arguments()}
    executor = net.simple_bind(ctx, group2ctx=groups, **shapes)
    rng = np.random.default_rng(0)
    results = []
    for array in executor.arg_arrays:
        array[:] = rng.normal(size=array.shape)
    for _ in range(times):
        executor.arg_dict["data"][:] = rng.normal(size=(40, 5))
        outputs = executor.forward(is_train=True)
        executor.backward([mx.nd.array(rng.normal(size=out.shape)) for out in outputs])
        results += [array.copy() for array in (*outputs, *executor.grad_arrays)]
    return [array.asnumpy() for array in results], executor


def compare(got, expected):
    for g, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(g, e, 1e-5, 1e-5)


def test_a_graph_over_two_gpus(two_gpus):
    expected, _ = run(None)
    got, executor = run(dict(zip(("even", "odd"), two_gpus, strict=True)), two_gpus[0], times=1)
    compare(got, expected)
    assert executor.arg_dict["w0"].context == two_gpus[0]
    assert executor.arg_dict["w1"].context == executor.grad_dict["w1"].context == two_gpus[1]
    assert executor.debug_str().count("_CrossDeviceCopy") >= 10


def test_a_graph_over_a_gpu_and_the_cpu():
    expected, _ = run(None, times=2)
    for ctx in (CPU, mx.gpu(0)):
        got, executor = run({"even": mx.gpu(0), "odd": CPU}, ctx, times=2)
        compare(got, expected)
        assert {array.context for array in executor.outputs} == {CPU}


@pytest.mark.parametrize("seed", range(6))
def test_random_devices(seed, two_gpus):
    """Every layer anywhere, several batches without a wait between them."""
    print("seed", seed)
    rng = np.random.default_rng(seed)
    devices = [*two_gpus, CPU]
    results = []
    for spread in (False, True):
        net, where = mx.sym.var("data"), {}
        skips = [net]
        for i in range(8):
            where[f"g{i}"] = devices[rng.integers(3)]
            with mx.AttrScope(ctx_group=f"g{i}"):
                net = mx.sym.tanh(mx.sym.broadcast_mul(net, mx.sym.var(f"w{i}"))) + skips[i // 2]
            skips.append(net)
        shapes = {name: (1, 5) if name[0] == "w" else (30, 5) for name in net.list_arguments()}
        executor = net.simple_bind(CPU, group2ctx=where if spread else None, **shapes)
        numbers = np.random.default_rng(seed)
        for array in executor.arg_arrays:
            array[:] = numbers.uniform(-1, 1, array.shape)
        kept = []
        for _ in range(4):
            executor.arg_dict["data"][:] = numbers.uniform(-1, 1, (30, 5))
            kept.append(executor.forward(is_train=True)[0].copy())
            executor.backward(mx.nd.array(numbers.uniform(-1, 1, (30, 5))))
            kept += [array.copy() for array in executor.grad_arrays]
        results.append([array.asnumpy() for array in kept])
    compare(results[1], results[0])


def test_many_threads_in_one_graph(two_gpus):
    """Every thread has streams of its own; the graph's memory is one."""
    net = layers()
    shapes = {name: (1, 5) if name[0] == "w" else (40, 5) for name in net.list_arguments()}
    executor = net.simple_bind(two_gpus[0], group2ctx=dict(zip(("even", "odd"), two_gpus, strict=True)), **shapes)
    for array in executor.arg_arrays:
        array[:] = 0.5
    expected = executor.forward()[1].asnumpy()
    results = []
    lock = threading.Lock()

    def work():
        for _ in range(3):
            with lock:  # outputs belong to the executor: one forward at a time, but from any thread
                results.append(executor.forward()[1].copy())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        np.testing.assert_array_equal(result.asnumpy(), expected)


def test_a_variable_of_another_device_as_output(two_gpus):
    with mx.AttrScope(ctx_group="one"):
        a = mx.sym.var("a")
    with mx.AttrScope(ctx_group="two"):
        net = mx.sym.Group([a, a * 2])
    args, gradients = (mx.nd.ones((2,), ctx=two_gpus[i]) for i in (0, 1))
    executor = net.bind(CPU, [args], [gradients], group2ctx={"one": two_gpus[0], "two": two_gpus[1]})
    assert [out.context for out in executor.forward(is_train=True)] == [*two_gpus]
    for _ in range(2):
        executor.backward([mx.nd.array([1, 2]), mx.nd.array([10, 20], ctx=two_gpus[0])])
    assert gradients.asnumpy().tolist() == [21, 42]


def test_memory_of_a_graph_is_on_its_devices(two_gpus):
    before = [ctx.memory_info()["used"] for ctx in two_gpus]
    with mx.AttrScope(ctx_group="far"):
        net = mx.sym.exp(mx.sym.var("x"))
        for _ in range(3):
            net = mx.sym.tanh(net) + net
    executor = net.simple_bind(two_gpus[0], x=(1000, 100), grad_req="null", group2ctx={"far": two_gpus[1]})
    executor.forward()
    used = [ctx.memory_info()["used"] - start for ctx, start in zip(two_gpus, before, strict=True)]
    assert used[0] < 10_000 and used[1] > 800_000


@pytest.mark.parametrize("other", [mx.cpu(), mx.gpu(1)])
def test_gradients_across_devices(other, two_gpus):
    x = mx.nd.array([1, 2, 3], ctx=mx.gpu(0))
    x.attach_grad()
    with mx.autograd.record():
        y = (x * 2).as_in_context(other)
        z = y * y + x.copyto(other)
    z.backward(mx.nd.ones((3,), ctx=CPU))
    assert z.context == other and x.grad.context == mx.gpu(0)
    assert x.grad.asnumpy().tolist() == [9, 17, 25]


@pytest.mark.parametrize("kind", ["local", "device"])
def test_a_store_sums_over_gpus(kind, two_gpus):
    store = mx.kv.create(kind)
    homes = {}

    def updater(key, total, stored):
        homes[key] = stored.context
        stored += total * 0.5

    store._set_updater(updater)
    rng = np.random.default_rng(1)
    for key in range(4):
        value = rng.normal(size=(300,)).astype("float32")
        store.init(key, mx.nd.array(value))
        parts = [rng.normal(size=(300,)).astype("float32") for _ in two_gpus]
        outs = [mx.nd.zeros((300,), ctx=ctx) for ctx in two_gpus]
        store.pushpull(key, [mx.nd.array(part, ctx=ctx) for part, ctx in zip(parts, two_gpus, strict=True)], out=outs)
        for out in outs:
            np.testing.assert_allclose(out.asnumpy(), value + 0.5 * sum(parts), 1e-6, 1e-6)
    assert set(homes.values()) == (set(two_gpus) if kind == "device" else {mx.cpu_pinned()})


@pytest.mark.parametrize("kvstore", ["local", "device"])
@pytest.mark.parametrize("update_on_kvstore", ["0", "1"])
def test_a_module_on_two_gpus(kvstore, update_on_kvstore, two_gpus, monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", update_on_kvstore)
    weight, bias = mx.sym.var("weight", shape=(1, 3)), mx.sym.var("bias", shape=(1, 1))
    net = mx.sym.sum(mx.sym.broadcast_mul(mx.sym.var("data"), weight), axis=1, keepdims=True)
    net = mx.sym.make_loss(mx.sym.square(mx.sym.broadcast_add(net, bias) - mx.sym.var("label")))
    rng = np.random.default_rng(5)
    data = rng.normal(size=(8, 3)).astype("float32")
    batch = mx.io.DataBatch([mx.nd.array(data)], [mx.nd.array(data @ [[1], [2], [3]] + 4)])
    results = []
    for contexts in (CPU, list(two_gpus)):
        module = Module(net, label_names=["label"], context=contexts)
        module.bind([("data", (8, 3))], [("label", (8, 1))])
        module.init_params(mx.init.Constant(0.5))
        module.init_optimizer(kvstore, optimizer_params={"learning_rate": 0.2, "momentum": 0.9})
        losses = []
        for _ in range(4):
            module.forward_backward(batch)
            module.update()
            losses.append(module.get_outputs()[0].asnumpy().mean())
        parameters, _ = module.get_params()
        results.append([np.array(losses), *(array.asnumpy() for array in parameters.values())])
    compare(results[1], results[0])
    assert losses[-1] < losses[0]
