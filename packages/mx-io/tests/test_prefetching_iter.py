"""PrefetchingIter: joined batches, exceptions, threads."""

import gc
import multiprocessing
import threading

import numpy as np
import pytest
from mx_core.base import MXNetError
from mx_io.io import DataBatch, DataDesc, NDArrayIter, PrefetchingIter


def numbers(count, batch_size=2, **names):
    return NDArrayIter(np.arange(count), np.arange(count) * 10, batch_size, **names)


def test_epochs():
    iterator = PrefetchingIter(numbers(5))
    for _ in range(3):
        found = [(b.data[0].asnumpy().tolist(), b.label[0].asnumpy().tolist(), b.pad) for b in iterator]
        assert found == [([0, 1], [0, 10], 0), ([2, 3], [20, 30], 0), ([4, 0], [40, 0], 1)]
        assert list(iterator) == []
        iterator.reset()


def test_reset_in_the_middle():
    iterator = PrefetchingIter(numbers(6))
    for _ in range(5):
        assert iterator.next().data[0].asnumpy().tolist() == [0, 1]
        assert iterator.next().data[0].asnumpy().tolist() == [2, 3]
        iterator.reset()


def test_two_iterators_and_new_names():
    iterator = PrefetchingIter(
        [numbers(4), numbers(4)],
        rename_data=[{"data": "a"}, {"data": "b"}],
        rename_label=[{"softmax_label": "x"}, {"softmax_label": "y"}],
    )
    assert iterator.provide_data == [("a", (2,)), ("b", (2,))]
    assert iterator.provide_label == [("x", (2,)), ("y", (2,))]
    assert iterator.batch_size == 2
    batch = iterator.next()
    assert (len(batch.data), len(batch.label)) == (2, 2)
    assert batch.provide_data == iterator.provide_data
    assert iterator.getdata() is batch.data
    assert iterator.getlabel() is batch.label
    assert (iterator.getpad(), iterator.getindex()) == (0, None)


def test_names_stay_without_renaming():
    assert PrefetchingIter(numbers(4)).provide_data == [DataDesc("data", (2,))]


@pytest.mark.parametrize(
    ("first", "second", "message"), [(numbers(4), numbers(6), "number of batches"), (numbers(4), numbers(3), "padding")]
)
def test_iterators_that_do_not_fit(first, second, message):
    iterator = PrefetchingIter([first, second])
    with pytest.raises(MXNetError, match=message):
        list(iterator)
    with pytest.raises(MXNetError, match=message):
        iterator.next()


def test_none():
    with pytest.raises(MXNetError, match="iters is empty"):
        PrefetchingIter([])
    with pytest.raises(MXNetError, match="no current batch"):
        PrefetchingIter(numbers(4)).getdata()


class Failing:
    """Fails at its second batch until it has been reset."""

    provide_data = (DataDesc("data", (1,)),)
    provide_label = ()

    def __init__(self):
        self.calls, self.fails = 0, True

    def reset(self):
        self.calls, self.fails = 0, False

    def next(self):
        self.calls += 1
        if self.calls == 2 and self.fails:
            raise OSError("the disk is gone")
        if self.calls == 4:
            raise StopIteration
        return DataBatch([], None, 0)


def test_an_exception_surfaces_and_a_reset_recovers():
    iterator = PrefetchingIter(Failing())
    assert iterator.next().label == []
    for _ in range(2):
        with pytest.raises(OSError, match="the disk is gone"):
            iterator.next()
    iterator.reset()
    assert len(list(iterator)) == 3


def test_threads_end_with_the_object():
    iterator = PrefetchingIter([numbers(4), numbers(4)])
    threads = [thread for thread in threading.enumerate() if thread.name == "PrefetchingIter"]
    assert len(threads) >= 2
    iterator.next()
    ours = [worker._thread for worker in iterator._workers]
    del iterator
    gc.collect()
    for thread in ours:
        thread.join(60)
        assert not thread.is_alive()


def test_a_forked_child_gets_an_error_instead_of_waiting():
    iterator = PrefetchingIter(Failing())
    iterator.next()
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def use():
        try:
            iterator.next()
        except MXNetError as error:
            answers.put(str(error))

    child = context.Process(target=use)
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert "make it again after a fork" in answers.get()
