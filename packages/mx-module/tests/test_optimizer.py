"""Optimizers: rules of MXNet 1.9.1 for multipliers, weight decay, counts and SGD."""

import mx_core.ndarray as nd
import mx_core.symbol as sym
import numpy as np
import pytest
from mx_core.base import MXNetError
from mx_module import optimizer
from mx_module.lr_scheduler import FactorScheduler

NAMES = {0: "x", 1: "w_weight", 2: "b_bias", 3: "foo", 4: "g_gamma"}


def rates(opt):
    return [round(opt._get_lr(i), 9) for i in NAMES], [round(opt._get_wd(i), 9) for i in NAMES]


def net():
    return sym.FullyConnected(
        sym.var("x", lr_mult=3), sym.var("w_weight", wd_mult=0.5), sym.var("b_bias", wd_mult=2), num_hidden=2
    )


def test_weight_decay_is_only_for_weight_and_gamma():
    assert rates(optimizer.SGD(learning_rate=0.1, wd=0.2)) == ([0.1] * 5, [0.2] * 5)
    named = optimizer.SGD(learning_rate=0.1, wd=0.2, param_idx2name=NAMES)
    assert rates(named) == ([0.1] * 5, [0, 0.2, 0, 0, 0.2])


def test_symbol_attributes_and_set_multipliers():
    opt = optimizer.SGD(learning_rate=0.1, wd=0.2, param_idx2name=NAMES, sym=net())
    assert rates(opt) == ([0.3, 0.1, 0.1, 0.1, 0.1], [0, 0.1, 0.4, 0, 0.2])
    opt.set_lr_mult({"w_weight": 5, 3: 7})
    opt.set_wd_mult({"x": 0.25, 2: 9})
    assert rates(opt) == ([0.3, 0.5, 0.1, 0.7, 0.1], [0.05, 0.1, 1.8, 0, 0.2])


def test_param_dict_goes_first():
    class Parameter:
        lr_mult, wd_mult = 10, 20

    opt = optimizer.SGD(learning_rate=0.1, wd=0.2, param_idx2name=NAMES, param_dict={1: Parameter})
    opt.set_lr_mult({1: 5})
    assert rates(opt) == ([0.1, 1.0, 0.1, 0.1, 0.1], [0, 4.0, 0, 0, 0.2])


def test_learning_rate_and_schedule():
    opt = optimizer.SGD()
    assert opt.learning_rate == 0.01
    opt.set_learning_rate(0.5)
    assert opt.learning_rate == 0.5
    opt = optimizer.SGD(lr_scheduler=FactorScheduler(1, 0.5, base_lr=8.0))
    assert opt.learning_rate == 8.0
    with pytest.raises(UserWarning, match="FactorScheduler decides"):
        opt.set_learning_rate(1)
    updater = optimizer.get_updater(opt)
    weight = nd.zeros((1,))
    seen = []
    for _ in range(4):
        before = weight.asnumpy()[0]
        updater([0, 1], [nd.ones((1,)), nd.ones((1,))], [weight, nd.zeros((1,))])
        seen.append(float(before - weight.asnumpy()[0]))
    assert seen == [8, 4, 2, 1]
    assert opt.num_update == 4


def test_begin_num_update():
    opt = optimizer.SGD(begin_num_update=10)
    opt._update_count([0, 1])
    opt._update_count(0)
    assert opt.num_update == 12


def test_sgd_formula():
    """Recorded: rescale, clip, then weight decay."""
    opt = optimizer.SGD(learning_rate=0.1, wd=0.1, clip_gradient=0.3, rescale_grad=0.5)
    weight = nd.array([1.0])
    opt.update(0, weight, nd.array([0.5]), None)
    assert weight.asnumpy()[0] == pytest.approx(1 - 0.1 * (0.25 + 0.1))
    weight = nd.array([1.0])
    opt.update(0, weight, nd.array([5.0]), None)
    assert weight.asnumpy()[0] == pytest.approx(1 - 0.1 * (0.3 + 0.1))


def test_sgd_momentum_holds_the_learning_rate():
    opt = optimizer.SGD(learning_rate=0.1, momentum=0.9, wd=0.01)
    updater = optimizer.get_updater(opt)
    weight, expected, momentum = nd.array([1.0, -2.0]), np.array([1.0, -2.0]), np.zeros(2)
    for step in range(4):
        grad = np.array([0.3, -0.1]) * (step + 1)
        updater(0, nd.array(grad), weight)
        momentum = 0.9 * momentum - 0.1 * (grad + 0.01 * expected)
        expected = expected + momentum
    np.testing.assert_allclose(weight.asnumpy(), expected, rtol=1e-5)
    np.testing.assert_allclose(updater.states[0].asnumpy(), momentum, rtol=1e-5)


def test_aggregation_size_does_not_change_results(monkeypatch):
    def run(size):
        monkeypatch.setenv("MXNET_OPTIMIZER_AGGREGATION_SIZE", size)
        opt = optimizer.SGD(learning_rate=0.1, momentum=0.9)
        calls, update = [], opt.update_multi_precision
        opt.update_multi_precision = lambda index, *rest: (calls.append(index), update(index, *rest))
        updater = optimizer.get_updater(opt)
        weights = [nd.ones((2,)) * i for i in range(5)]
        for _ in range(2):
            updater(list(range(5)), [weight * 0.5 for weight in weights], weights)
        return calls, [weight.asnumpy().tolist() for weight in weights], opt.num_update

    alone, pairs = run("1"), run("2")
    assert alone[0] == [0, 1, 2, 3, 4] * 2 and pairs[0] == [[0, 1], [2, 3], [4]] * 2
    assert alone[1:] == pairs[1:]


def test_registry():
    class Half(optimizer.Optimizer):
        """weight /= 2"""

        def update(self, index, weight, grad, state):
            self._update_count(index)
            weight[:] = weight * 0.5

    optimizer.register(Half)
    try:
        made = optimizer.create("HALF", learning_rate=3)
        assert isinstance(made, Half) and made.lr == 3 and made.aggregate_num == 0
        weight = nd.array([4.0])
        optimizer.get_updater(made)(0, nd.ones((1,)), weight)
        assert weight.asnumpy().tolist() == [2.0]
    finally:
        del optimizer.Optimizer.opt_registry["half"]
    with pytest.raises(MXNetError, match=r"unknown optimizer 'half': use one of .*sgd"):
        optimizer.create("half")


def test_multi_precision_keeps_a_float32_copy():
    if not hasattr(nd, "mp_sgd_mom_update"):
        pytest.skip("this engine has no mp_sgd_mom_update yet")
    opt = optimizer.SGD(learning_rate=0.1, momentum=0.9, multi_precision=True)
    updater = optimizer.get_updater(opt)
    weight = nd.ones((2,)).astype("float16")
    for _ in range(10):
        updater(0, nd.full((2,), 1e-4).astype("float16"), weight)
    momentum, master = updater.states[0]
    assert momentum.dtype == master.dtype == np.float32 and weight.dtype == np.float16
    # each step is far below the resolution of float16 at 1; only the copy can collect them
    expected, speed, grad = 1.0, 0.0, float(np.float16(1e-4))
    for _ in range(10):
        speed = 0.9 * speed - 0.1 * grad
        expected += speed
    np.testing.assert_allclose(master.asnumpy(), expected, rtol=1e-6)


def test_float16_without_multi_precision_warns():
    with pytest.warns(UserWarning, match="multi_precision=True"):
        optimizer.SGD(momentum=0.9).create_state_multi_precision(0, nd.ones((2,)).astype("float16"))


def test_wrong_parameters():
    with pytest.raises(TypeError, match=r"sgd with lr.*'lr'") as caught:
        optimizer.create("sgd", lr=1)
    assert isinstance(caught.value, MXNetError)
    with pytest.raises(MXNetError, match="learning_rate must be a number, got 'fast'"):
        optimizer.SGD(learning_rate="fast")


def test_optimizers_compare():
    from mx_core.test_utils import compare_optimizer

    def make(rate=0.1):
        return optimizer.create("sgd", learning_rate=rate, momentum=0.9)

    compare_optimizer(make(), make(), (3, 4), "float32")
    compare_optimizer(make(), make(), [(3, 4), (5,)], "float32", ntensors=2)
    with pytest.raises(AssertionError):
        compare_optimizer(make(), make(0.2), (3, 4), "float32")
