"""Every operator of the catalogue answers as MXNet 1.9.1 did, which ``scripts/record_oracle.py`` recorded."""

import mx
import numpy as np
import pytest
from conformance import case, catalogue, compare, run, store, tolerance
from conformance.differences import DIFFERENCES, TYPES

RECORDED = [name for name, op in catalogue.tensor_operators().items() if op.family not in catalogue.RANDOM_FAMILIES]


@pytest.mark.parametrize("name", RECORDED)
def test_cases_are_as_recorded(name):
    """What is recorded are the cases that there are, with the inputs that they have here."""
    cases, records = case.cases_of(name), store.recorded(name)
    again = f"record it again: scripts/record_oracle.py {name}"
    assert cases.keys() == records.keys(), again
    for label, one in cases.items():
        assert case.checksum(one.arrays()) == records[label]["inputs"], f"the inputs of {label} changed: {again}"
    computed = any("outputs" in record for record in records.values())
    assert computed == (name not in catalogue.UNCOMPUTED), "MXNet 1.9.1 computes some case, or is known not to"


@pytest.mark.parametrize("name", RECORDED)
def test_answers(name):
    if name in catalogue.missing():
        pytest.skip(f"{name} is listed as missing")
    records, level = store.recorded(name), tolerance.of(name)
    expected = [d for d in DIFFERENCES if name in d.operators]
    met, wrong = set(), []
    with np.errstate(all="ignore"):
        for label, one in case.cases_of(name).items():
            for part, problem in compare.judge(run.run(mx, one), records[label], level).items():
                known = [d for d in expected if d.covers(name, label, part)]
                met.update(map(id, known))
                refused = "1.9.1 raised" in problem and TYPES.covers(name, label, part)
                if not known and not refused:
                    wrong.append(f"{label}: {part}: {problem}")
    count = len({line.split(": ")[0] for line in wrong})
    assert not wrong, f"{count} of {len(records)} cases of {name} differ:\n" + "\n".join(wrong[:40])
    idle = [d.what for d in expected if id(d) not in met]
    assert not idle, f"no case of {name} needs these differences any more: {idle}"
