"""Files of optimizer states: the bytes of MXNet 1.9.1, and files that must not be believed."""

import base64
import io
import os
import pickle
import struct

import mx_core.ndarray as nd
import numpy as np
import pytest
from mx_core.base import MXNetError
from mx_module import optimizer
from mx_module.lr_scheduler import CosineScheduler

# Updater.get_states() of MXNet 1.9.1: sgd with momentum 0.9, {0: [1.5, -2.0], 1: None}
RECORDED = base64.b64decode(
    "gASViAAAAAAAAAB9lChLAIwVbXhuZXQubmRhcnJheS5uZGFycmF5lIwHTkRBcnJheZSTlE6FlFKUfZSMBmhhbmRsZZSMCGJ1aWx0"
    "aW5zlIwJYnl0ZWFycmF5lJOUQyjJ+pP5AAAAAAEAAAACAAAAAAAAAAEAAAAAAAAAAAAAAAAAwD8AAADAlIWUUpRzYksBTnUu"
)


def updater_with(**options):
    updater = optimizer.get_updater(optimizer.SGD(learning_rate=0.1, **options))
    updater([0, "name"], [nd.ones((2,)), nd.ones((2, 2))], [nd.ones((2,)), nd.ones((2, 2))])
    return updater


def test_reads_a_file_of_1_9_1():
    updater = optimizer.get_updater(optimizer.SGD(momentum=0.9))
    updater.set_states(RECORDED)
    assert updater.states[0].asnumpy().tolist() == [1.5, -2.0]
    assert updater.states[1] is None


def test_round_trip():
    source = updater_with(momentum=0.9)
    target = optimizer.get_updater(optimizer.SGD(momentum=0.9))
    target.set_states(source.get_states())
    assert list(target.states) == [0, "name"]
    for key, state in source.states.items():
        np.testing.assert_array_equal(target.states[key].asnumpy(), state.asnumpy())


def test_nested_states_and_numbers():
    updater = optimizer.get_updater(optimizer.SGD())
    updater.states = {0: (None, nd.ones((2,))), 1: [1.5, np.float32(2), 3, True, "text", b"raw"], 2: {}}
    updater.set_states(updater.get_states())
    assert updater.states[0][0] is None and updater.states[0][1].asnumpy().tolist() == [1, 1]
    assert updater.states[1] == [1.5, 2, 3, True, "text", b"raw"] and updater.states[2] == {}


def test_written_pickle_has_the_form_that_1_9_1_reads():
    """Read back with plain pickle and a stand-in for mxnet's NDArray."""

    class Array:
        def __init__(self, handle):
            assert handle is None

        def __setstate__(self, state):
            self.record = state["handle"]

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            return {"mxnet.ndarray.ndarray.NDArray": Array, "builtins.bytearray": bytearray}[f"{module}.{name}"]

    updater = optimizer.get_updater(optimizer.SGD())
    updater.states = {0: nd.array([1.5, -2.0]), 1: None}
    states = Reader(io.BytesIO(updater.get_states())).load()
    assert states[1] is None and isinstance(states[0].record, bytearray)
    header = struct.pack("<Iii q iii", 0xF993FAC9, 0, 1, 2, 1, 0, 0)
    assert bytes(states[0].record) == header + struct.pack("<ff", 1.5, -2.0)


def test_optimizer_in_the_file():
    schedule = CosineScheduler(9, base_lr=0.7)
    source = optimizer.get_updater(optimizer.SGD(momentum=0.9, lr_scheduler=schedule, param_idx2name={0: "a_bias"}))
    source(0, nd.ones((2,)), nd.ones((2,)))
    target = optimizer.get_updater(optimizer.SGD())
    target.set_states(source.get_states(dump_optimizer=True))
    loaded = target.optimizer
    assert isinstance(loaded, optimizer.SGD) and loaded.momentum == 0.9 and loaded.num_update == 1
    assert isinstance(loaded.lr_scheduler, CosineScheduler) and loaded.learning_rate == source.optimizer.learning_rate
    assert loaded.wd_mult == {"a_bias": 0.0}
    loaded._update_count(0)
    assert loaded.num_update == 2 and loaded._all_index_update_counts[0] == {0: 2}


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def test_no_foreign_class_or_function_is_used(tmp_path):
    updater = optimizer.get_updater(optimizer.SGD())
    target = tmp_path / "evil"
    with pytest.raises(MXNetError, match="mkdir, which no optimizer state needs"):
        updater.set_states(pickle.dumps({0: Evil(str(target))}))
    assert not target.exists()
    for thing in (os.getcwd, Evil, np.zeros(3), np.dtype("O")):
        with pytest.raises(MXNetError):
            updater.set_states(pickle.dumps({0: thing}))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"abc",
        RECORDED[:-1],
        RECORDED[:60],
        RECORDED[:100] + b"\xff" * 8 + RECORDED[108:],
        pickle.dumps([1, 2]),
        pickle.dumps(3),
        b"\x80\x04r\xff\xff\xff\xff.",  # a memo index of 4 billion
        b"\x80\x04}K\x00cbuiltins\nbytearray\n\x8a\x06\x00\x00\x00\x00\x00\x10\x85Rs.",  # bytearray(2**44)
        b"\x80\x04}\x94K\x00h\x00s.",  # a dict that holds itself
        b"\x80\x04}(K\x00" + b"(" * 5000 + b"t" * 5000 + b"u.",
        b"\x80\x04}K\x00)\x94" + b"".join(b"h%c" % i + b"h%c\x86\x94" % i for i in range(60)) + b"s.",  # 2**60 tuples
    ],
)
def test_damaged_and_hostile_files(data):
    updater = optimizer.get_updater(optimizer.SGD())
    with pytest.raises(MXNetError, match=r"^\[optimizer.states\]"):
        updater.set_states(data)
    assert updater.states == {}


def test_what_cannot_be_stored():
    updater = optimizer.get_updater(optimizer.SGD())
    updater.states = {0: object()}
    with pytest.raises(MXNetError, match="cannot store a object"):
        updater.get_states()
