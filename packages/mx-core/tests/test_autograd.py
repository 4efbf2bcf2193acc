"""Gradients of code on arrays."""

import threading

import pytest
from mx_core import MXNetError, autograd, cpu, nd


def test_scopes():
    assert not autograd.is_recording()
    assert not autograd.is_training()
    with autograd.record():
        assert autograd.is_recording()
        assert autograd.is_training()
        with autograd.pause():
            assert not autograd.is_recording()
            assert not autograd.is_training()
        with autograd.predict_mode():
            assert autograd.is_recording()
            assert not autograd.is_training()
    with autograd.record(train_mode=False):
        assert not autograd.is_training()
        with autograd.train_mode():
            assert autograd.is_training()
    assert not autograd.is_recording()
    scope = autograd.record()
    with scope, scope:
        assert autograd.is_recording()
    assert not autograd.is_recording()


def test_scopes_belong_to_their_thread():
    seen = []
    with autograd.record():
        thread = threading.Thread(target=lambda: seen.append(autograd.is_recording()))
        thread.start()
        thread.join()
    assert seen == [False]


def test_gradient_and_requests():
    x = nd.array([1, 2, 3])
    assert x.grad is None
    x.attach_grad()
    assert x.grad.asnumpy().tolist() == [0, 0, 0]
    for _ in range(2):
        with autograd.record():
            y = x * x
        y.backward()
    assert x.grad.asnumpy().tolist() == [2, 4, 6]
    x.attach_grad("add")
    for _ in range(2):
        with autograd.record():
            y = x * x
        y.backward(nd.array([1, 10, 100]))
    assert x.grad.asnumpy().tolist() == [4, 80, 1200]
    with pytest.raises(ValueError, match="must be one of"):
        x.attach_grad("foo")


def test_grad_and_second_order():
    x = nd.array([2, 3])
    x.attach_grad()
    with autograd.record():
        y = x * x * x
        (first,) = autograd.grad(y, x, create_graph=True)  # a list, as for a list of variables
    assert first.asnumpy().tolist() == [12, 27]
    first.backward()
    assert x.grad.asnumpy().tolist() == [12, 18]
    with autograd.record():
        y = x * x
    (found,) = autograd.grad([y], [x], head_grads=[nd.array([1, 2])])
    assert found.asnumpy().tolist() == [4, 12]
    with pytest.raises(ValueError):
        autograd.grad(y, [])


def test_gradients_that_nobody_has_used_are_fresh():
    x, y = nd.ones((2,)), nd.ones((2,))
    assert not x._fresh_grad
    with pytest.raises(MXNetError, match="call attach_grad"):
        x._fresh_grad = True
    x.attach_grad()
    y.attach_grad()
    with autograd.record():
        z = x * 2 + y
    assert not x._fresh_grad and not z._fresh_grad
    z.backward()
    assert x._fresh_grad and y._fresh_grad
    x._fresh_grad = y._fresh_grad = False
    with autograd.record():
        z = (x * 2).detach() + y
    z.backward()
    assert y._fresh_grad and not x._fresh_grad  # which no gradient has reached
    y.attach_grad()
    assert not y._fresh_grad


def test_retain_graph():
    x = nd.ones((1,))
    x.attach_grad()
    with autograd.record():
        y = x * x
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(MXNetError):
        y.backward()


def test_mark_variables():
    x, g = nd.array([3]), nd.zeros((1,))
    autograd.mark_variables(x, g)
    with autograd.record():
        y = x * x
    autograd.backward([y])
    assert g.asscalar() == 6
    with pytest.raises(ValueError):
        autograd.mark_variables([x], [g, g])
    with pytest.raises(ValueError):
        autograd.mark_variables(x, g, "foo")


def test_detach_and_pause_leave_no_trace():
    x = nd.array([3])
    x.attach_grad()
    with autograd.record():
        y = x * x
        z = y.detach() * x
        with autograd.pause():
            w = x * x
    z.backward()
    assert x.grad.asscalar() == 9
    with pytest.raises(MXNetError):
        w.backward()


def test_nothing_recorded():
    with pytest.raises(MXNetError):
        nd.ones((1,)).backward()
    for wrong in (3, None, "x"):
        with pytest.raises(MXNetError):
            autograd.backward(wrong)


def test_in_place_while_recording_is_an_error():
    x = nd.ones((1,))
    x.attach_grad()
    with autograd.record(), pytest.raises(MXNetError):
        x += 1


class Scale(autograd.Function):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x, y):
        self.save_for_backward(y)
        return x * self.factor, y + x

    def backward(self, dx, dy):
        (y,) = self.saved_tensors
        assert not autograd.is_recording()
        return dx * self.factor + dy, dy * y


def test_parts_cannot_be_overwritten_while_recording():
    x = nd.ones((2,))
    x.attach_grad()
    for key in (1, slice(0, 1), (slice(None), 1), [0, 1], (slice(None), slice(None, None, -1))):
        y = nd.zeros((2, 2))
        with autograd.record(), pytest.raises(MXNetError, match=r"a part of an array .*would not get there"):
            y[key] = x * 2
        with autograd.record():
            y[key] = (x * 2).detach()
        assert y.asnumpy().max() == 2
    for key in (slice(None), ..., (slice(None), slice(None)), slice(0, 2)):
        y = nd.zeros((2, 2))
        with autograd.record():
            y[key] = x * 2
            z = y * 3
        z.backward()
        assert x.grad.asnumpy().tolist() == [12, 12]


def test_function():
    x, y = nd.array([1, 2]), nd.array([3, 4])
    x.attach_grad()
    y.attach_grad()
    function = Scale(5)
    with autograd.record():
        a, b = function(x, y)
        total = (a + b * 2).sum()
    total.backward()
    assert x.grad.asnumpy().tolist() == [7, 7]
    assert y.grad.asnumpy().tolist() == [6, 8]
    with pytest.raises(ValueError, match="one call"):
        function(x, y)


def test_errors_of_functions_come_back():
    class Broken(autograd.Function):
        def forward(self, x):
            return x * 1

        def backward(self, dy):
            raise ZeroDivisionError("on purpose")

    x = nd.ones((1,))
    x.attach_grad()
    with autograd.record():
        y = Broken()(x)
    with pytest.raises(MXNetError, match="on purpose"):
        y.backward()


def test_recorded_computation_as_symbol():
    x = nd.ones((2,))
    x.attach_grad()
    with autograd.record():
        y = x * x + 1
    assert len(autograd.get_symbol(y).list_arguments()) >= 1


def test_gradients_follow_arrays_to_other_devices():
    x = nd.array([1, 2, 3])
    x.attach_grad()
    with autograd.record():
        y = (x * 2).copyto(cpu(1))
        z = y * y + x.as_in_context(cpu(1))
    assert z.context == cpu(1)
    z.backward(nd.ones((3,), ctx=cpu(2)))
    assert x.grad.context == cpu(0)
    assert x.grad.asnumpy().tolist() == [9, 17, 25]


def test_second_gradients_across_devices():
    x = nd.array([1, 2, 3])
    x.attach_grad()
    with autograd.record():
        y = x.as_in_context(cpu(1))
        [first] = autograd.grad(y * y * y, [x], create_graph=True)
        assert first.context == cpu(0)
    first.backward()
    assert x.grad.asnumpy().tolist() == [6, 12, 18]


def test_gradient_arrays_may_lie_elsewhere():
    x, gradient = nd.array([1, 2]), nd.ones((2,), ctx=cpu(1))
    autograd.mark_variables([x], [gradient], ["add"])
    with autograd.record():
        y = x * 3
    y.backward()
    assert gradient.asnumpy().tolist() == [4, 4]


def test_what_is_differentiable_once_is_named_as_it_was_called():
    x = nd.ones((2, 3))
    x.attach_grad()
    with autograd.record():
        [first] = autograd.grad(nd.prod(x, axis=1), [x], create_graph=True)
        with pytest.raises(MXNetError, match=r"\[prod\] its gradient has no gradient"):
            first.backward()
