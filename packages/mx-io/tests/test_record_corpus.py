"""Record files of other people, against what the reference reads in them."""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from mx_io.recordio import MXIndexedRecordIO, MXRecordIO, unpack

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus" / "rec"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}")


def golden():
    return json.loads((CORPUS / "golden.json").read_text()) if CORPUS.is_dir() else {}


def check(record, fact):
    header, image = unpack(record)
    assert header.flag == fact["flag"]
    assert header.id == fact["id"]
    assert len(image) == fact["len"]
    assert zlib.crc32(image) == fact["crc"]
    assert image[:4].hex() == fact["magic"]
    labels = fact["label"] if isinstance(fact["label"], list) else [fact["label"]]
    if "..." in labels:
        assert np.size(header.label) == labels[-1]
        labels = labels[: labels.index("...")]
    np.testing.assert_array_equal(np.atleast_1d(header.label)[: len(labels)], np.float32(labels))


@pytest.mark.parametrize("name", sorted(golden()))
def test_records(name):
    facts = golden()[name]
    assert (CORPUS / name).stat().st_size == facts["bytes"]
    records = list(MXRecordIO(CORPUS / name, "r"))
    assert len(records) == facts["records"]
    assert sorted({unpack(record)[0].flag for record in records}) == facts["flags"]
    for record, fact in zip(records, facts["first"], strict=False):
        check(record, fact)
    for record, fact in zip(reversed(records), reversed(facts["last"]), strict=False):
        check(record, fact)


@pytest.mark.parametrize("name", sorted(golden()))
def test_written_again_they_are_the_same_bytes(name, tmp_path):
    with MXRecordIO(tmp_path / "again.rec", "w") as writer:
        for record in MXRecordIO(CORPUS / name, "r"):
            writer.write(record)
    assert (tmp_path / "again.rec").read_bytes() == (CORPUS / name).read_bytes()


@pytest.mark.parametrize("index", sorted(CORPUS.glob("*.idx")), ids=lambda path: path.name)
def test_index(index):
    owner, part = index.stem.split("__sample-data_")
    (records,) = CORPUS.glob(f"{owner}__*_{part}.rec__*.rec")
    with MXIndexedRecordIO(index, records, "r") as reader:
        assert len(reader.keys) == golden()[records.name]["records"]
        for key in reversed(reader.keys):
            assert unpack(reader.read_idx(key))[0].id == key
