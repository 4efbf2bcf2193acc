"""RecordIO files: bytes, damage, and life cycle."""

import multiprocessing
import os
import pickle
import random
import struct
import subprocess
import sys

import pytest
from mx_io import recordio
from mx_io.errors import RecordIOError, RecordKeyError
from mx_io.recordio import MXIndexedRecordIO, MXRecordIO

MAGIC = bytes.fromhex("0a23d7ce")


def head(length, flag=0):
    return MAGIC + struct.pack("<I", flag << 29 | length)


def write(path, records):
    with MXRecordIO(path, "w") as writer:
        for record in records:
            writer.write(record)


def raw_reader(path, data):
    path.write_bytes(data)
    return MXRecordIO(path, "r")


# Bytes written by 1.9.1.
@pytest.mark.parametrize(
    ("record", "stored"),
    [
        (b"", "0a23d7ce00000000"),
        (b"a", "0a23d7ce0100000061000000"),
        (b"abcd", "0a23d7ce0400000061626364"),
        (MAGIC, "0a23d7ce000000200a23d7ce00000060"),
        (MAGIC * 2, "0a23d7ce000000200a23d7ce000000400a23d7ce00000060"),
        (b"abcd" + MAGIC + b"xy", "0a23d7ce04000020616263640a23d7ce0200006078790000"),
        (b"abc" + MAGIC + b"x", "0a23d7ce080000006162630a23d7ce78"),
        (b"abcd" + MAGIC, "0a23d7ce04000020616263640a23d7ce00000060"),
        (MAGIC + b"z", "0a23d7ce000000200a23d7ce010000607a000000"),
        (MAGIC[:3], "0a23d7ce030000000a23d700"),
    ],
)
def test_bytes_are_those_of_the_reference(tmp_path, record, stored):
    path = tmp_path / "a.rec"
    write(path, [record])
    assert path.read_bytes().hex() == stored
    assert list(MXRecordIO(path, "r")) == [record]


def test_random_records_full_of_magics_come_back(tmp_path):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    draw = random.Random(seed)
    records = [
        b"".join(draw.choice([MAGIC, MAGIC[:2], b"x", b"yy", b"1234"]) for _ in range(draw.randrange(12)))
        for _ in range(300)
    ]
    path = tmp_path / "a.rec"
    write(path, records)
    assert path.stat().st_size % 4 == 0
    assert list(MXRecordIO(path, "r")) == records
    assert list(MXRecordIO(str(path), "r")) == records


def test_large_record(tmp_path):
    record = os.urandom(3 << 20)
    write(tmp_path / "a.rec", [record, b"next"])
    assert list(MXRecordIO(tmp_path / "a.rec", "r")) == [record, b"next"]


def test_bytes_like_records(tmp_path):
    write(tmp_path / "a.rec", [bytearray(b"one"), memoryview(b"two!")])
    assert list(MXRecordIO(tmp_path / "a.rec", "r")) == [b"one", b"two!"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (MAGIC, "ends after 4 of the 8 bytes"),
        (b"12345678", "no record starts here"),
        (head(4) + b"abc", "ends inside a record of 4"),
        (head(5) + b"abcde", "ends inside a record of 5"),  # the padding is missing
        (head((1 << 29) - 1) + b"abcd", "claims 536870911 bytes and 4 are left"),
        (head(4, 2) + b"abcd", "starts with continuation flag 2"),
        (head(4, 3) + b"abcd", "starts with continuation flag 3"),
        (head(4, 7) + b"abcd", "starts with continuation flag 7"),
        (head(4, 1) + b"abcd", "after part 1 of a split record"),
        (head(4, 1) + b"abcd" + head(4, 2) + b"abcd", "after part 2 of a split record"),
        (head(4, 1) + b"abcd" + head(4, 0) + b"abcd", "flag 0 inside a split record"),
        (head(4, 1) + b"abcd" + head(4, 1) + b"abcd", "flag 1 inside a split record"),
        (head(4, 1) + b"abcd" + head(4, 5) + b"abcd", "flag 5 inside a split record"),
    ],
)
def test_damage_is_a_clear_error(tmp_path, data, message):
    with raw_reader(tmp_path / "good_then_bad.rec", head(2) + b"ok\0\0" + data) as reader:
        assert reader.read() == b"ok"
        with pytest.raises(RecordIOError, match=message) as caught:
            reader.read()
        assert "good_then_bad.rec" in str(caught.value)
        assert isinstance(caught.value, ValueError)


def test_every_truncation_is_an_error_or_an_end(tmp_path):
    path = tmp_path / "a.rec"
    write(path, [b"abc", b"abcd" + MAGIC + b"x", b""])
    whole = path.read_bytes()
    ends = {0, 12, 36, 44}
    assert len(whole) == 44
    for length in range(len(whole)):
        with raw_reader(tmp_path / "cut.rec", whole[:length]) as reader:
            if length in ends:
                assert len(list(reader)) == sorted(ends).index(length)
            else:
                with pytest.raises(RecordIOError):
                    list(reader)


def test_random_bytes_never_do_worse_than_an_error(tmp_path):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    draw = random.Random(seed)
    write(tmp_path / "a.rec", [b"abcd" * 5, MAGIC, b"x" * 30])
    good = (tmp_path / "a.rec").read_bytes()
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(draw.randrange(1, 4)):
            bad[draw.randrange(len(bad))] = draw.randrange(256)
        with raw_reader(tmp_path / "bad.rec", bytes(bad)) as reader:
            try:
                assert sum(map(len, reader)) <= len(bad)
            except RecordIOError:
                pass


def test_too_long_record(tmp_path, monkeypatch):
    monkeypatch.setattr("mx_io._framing._MAX_LENGTH", 9)
    with MXRecordIO(tmp_path / "a.rec", "w") as writer:
        writer.write(b"123456789")
        with pytest.raises(RecordIOError, match="at most 9 bytes, this one has 10"):
            writer.write(b"1234567890")


def test_wrong_use(tmp_path):
    path = tmp_path / "a.rec"
    with pytest.raises(ValueError, match="flag is 'a'"):
        MXRecordIO(path, "a")
    with pytest.raises(FileNotFoundError):
        MXRecordIO(path, "r")
    with MXRecordIO(path, "w") as writer:
        with pytest.raises(RecordIOError, match=r"\[MXRecordIO.read\].*flag 'w', needs flag 'r'"):
            writer.read()
        with pytest.raises(TypeError, match="not str"):
            writer.write("text")
        writer.write(b"x")
    with pytest.raises(RecordIOError, match="is closed"):
        writer.write(b"y")
    with MXRecordIO(path, "r") as reader:
        with pytest.raises(RecordIOError, match="flag 'r', needs flag 'w'"):
            reader.write(b"y")
        assert reader.read() == b"x"
        assert reader.read() is None
        assert reader.read() is None
    reader.close()
    with pytest.raises(RecordIOError, match="is closed"):
        reader.read()
    reader.open()
    assert reader.read() == b"x"


def test_reset(tmp_path):
    path = tmp_path / "a.rec"
    writer = MXRecordIO(path, "w")
    writer.write(b"gone")
    writer.reset()
    assert path.read_bytes() == b""
    writer.write(b"here")
    writer.close()
    reader = MXRecordIO(path, "r")
    assert [reader.read(), reader.reset(), reader.read()] == [b"here", None, b"here"]


def test_pickled_reader_starts_again(tmp_path):
    write(tmp_path / "a.rec", [b"one", b"two"])
    reader = MXRecordIO(tmp_path / "a.rec", "r")
    assert reader.read() == b"one"
    assert pickle.loads(pickle.dumps(reader)).read() == b"one"
    assert reader.read() == b"two"
    reader.close()
    assert not pickle.loads(pickle.dumps(reader)).is_open
    with MXRecordIO(tmp_path / "b.rec", "w") as writer, pytest.raises(TypeError, match="only readers"):
        pickle.dumps(writer)


@pytest.fixture
def indexed(tmp_path):
    with MXIndexedRecordIO(tmp_path / "a.idx", tmp_path / "a.rec", "w") as writer:
        offsets = [writer.tell()]
        for key in (7, 9, 3):
            writer.write_idx(key, b"r%d" % key * 4)
            offsets.append(writer.tell())
        assert offsets == [0, 16, 32, 48]
    return tmp_path


def test_index(indexed):
    assert (indexed / "a.idx").read_bytes() == b"7\t0\n9\t16\n3\t32\n"
    reader = MXIndexedRecordIO(indexed / "a.idx", indexed / "a.rec", "r")
    assert reader.keys == [7, 9, 3]
    assert reader.idx == {7: 0, 9: 16, 3: 32}
    assert reader.read_idx(3) == b"r3" * 4
    assert reader.read() is None
    assert reader.read_idx(7) == b"r7" * 4
    assert reader.read() == b"r9" * 4
    with pytest.raises(KeyError, match="no key 8 among its 3 keys"):
        reader.read_idx(8)
    with pytest.raises(RecordIOError, match="needs flag 'w'"):
        reader.tell()
    copy = pickle.loads(pickle.dumps(reader))
    assert copy.keys == reader.keys
    assert copy.read_idx(9) == b"r9" * 4
    reader.close()
    with pytest.raises(RecordIOError, match="is closed"):
        reader.read_idx(7)


def test_text_keys(tmp_path):
    files = tmp_path / "a.idx", tmp_path / "a.rec"
    with MXIndexedRecordIO(*files, "w", key_type=str) as writer:
        writer.write_idx("cat", b"meow")
        for bad in ("a\tb", "a\nb", "", " a"):
            with pytest.raises(RecordIOError, match="a tab, a line break or outer spaces"):
                writer.write_idx(bad, b"x")
    with MXIndexedRecordIO(*files, "r", key_type=str) as reader:
        assert reader.keys == ["cat"]
        assert reader.read_idx("cat") == b"meow"


@pytest.mark.parametrize("line", ["7", "7 0", "x\t0", "7\tx", "7\t-4", "7\t", "\t0", "\xff\x00\t4"])
def test_bad_index_line(indexed, line):
    (indexed / "a.idx").write_text(f"9\t16\n\n{line}\n", encoding="latin-1")
    with pytest.raises(RecordIOError, match=r"line 3 of .*a\.idx"):
        MXIndexedRecordIO(indexed / "a.idx", indexed / "a.rec", "r")


@pytest.mark.parametrize(
    ("offset", "message"),
    [
        (4, "no record starts here"),
        (48, "at or after the end"),
        (1 << 60, "points to byte"),
        (1 << 70, "points to byte"),
    ],
)
def test_index_of_another_file(indexed, offset, message):
    (indexed / "a.idx").write_text(f"1\t{offset}\n")
    with (
        MXIndexedRecordIO(indexed / "a.idx", indexed / "a.rec", "r") as reader,
        pytest.raises(RecordIOError, match=message),
    ):
        reader.read_idx(1)


def test_missing_index(indexed):
    with pytest.raises(FileNotFoundError):
        MXIndexedRecordIO(indexed / "none.idx", indexed / "a.rec", "r")


def in_child(function):
    """What ``function`` returns in a forked child."""
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=lambda: answers.put(function()))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    return answers.get()


def error_of(function, *args):
    try:
        function(*args)
    except RecordIOError as error:
        return str(error)
    return None


def test_fork(indexed):
    reader = MXIndexedRecordIO(indexed / "a.idx", indexed / "a.rec", "r")
    assert reader.read() == b"r7" * 4
    assert "opened by process" in in_child(lambda: error_of(reader.read))
    assert in_child(lambda: [reader.read_idx(3), reader.read_idx(7), reader.read()]) == [
        b"r3" * 4,
        b"r7" * 4,
        b"r9" * 4,
    ]
    assert reader.read() == b"r9" * 4  # the child did not move the parent's position

    writer = MXRecordIO(indexed / "b.rec", "w")
    writer.write(b"one")
    assert "opened by process" in in_child(lambda: error_of(writer.write, b"x"))
    in_child(writer.close)
    writer.write(b"two")
    writer.close()
    assert list(MXRecordIO(indexed / "b.rec", "r")) == [b"one", b"two"]


def test_needs_neither_the_engine_nor_numpy(indexed):
    code = f"""
import os, sys
import mx_io
from mx_io import recordio
from mx_io.errors import RecordIOError
reader = recordio.MXIndexedRecordIO({str(indexed / "a.idx")!r}, {str(indexed / "a.rec")!r}, "r")
assert reader.read_idx(3) == b"r3" * 4
record = recordio.pack(recordio.IRHeader(0, 1.5, 7, 0), b"x")
assert recordio.unpack(record)[0].label == 1.5
try:
    recordio.unpack(b"")
except RecordIOError as error:
    assert type(error) is RecordIOError
loaded = [name for name in sys.modules if name.split(".")[0] in ("numpy", "mx_core", "mx_native", "PIL")]
assert not loaded, loaded
assert dir(mx_io) == sorted(set(dir(mx_io))) and {{"io", "recordio", "errors"}} <= set(dir(mx_io))
assert not hasattr(mx_io, "nothing")
"""
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )


def test_errors_are_the_engines_too():
    from mx_core.base import MXNetError

    with pytest.raises(MXNetError) as caught:
        recordio.unpack(b"")
    assert isinstance(caught.value, RecordIOError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, RecordIOError)
    assert str(again) == str(caught.value)
    with pytest.raises(MXNetError):
        raise RecordKeyError("a key")
    assert str(RecordKeyError("a key")) == "a key"
