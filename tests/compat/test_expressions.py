"""Indexing, arithmetic, methods, creation and inference give what they gave in MXNet 1.9.1."""

import re

import mx
import numpy as np
import pytest
from conformance import catalogue, compare, expressions, store, tolerance


def absent() -> re.Pattern:
    """Errors about operators that are listed as missing."""
    names = {n for m in catalogue.missing() for n in (m, *catalogue.operators()[m].aliases)}
    return re.compile("'(" + "|".join(map(re.escape, sorted(names))) + ")'")


def difference(text: str, record: dict) -> str:
    try:
        with np.errstate(all="ignore"):
            found = expressions.evaluate(mx, text)
    except AttributeError as error:
        return "" if absent().search(str(error)) else f"mx raises {error}, 1.9.1 gives {record}"
    except Exception as error:
        return "" if "raised" in record else f"mx raises {type(error).__name__}: {error}"
    if "raised" in record:
        return f"1.9.1 raised ({record['raised']}), mx does not"
    if isinstance(found, str) or "text" in record:
        return "" if found == record.get("text") else f"{found} instead of {record.get('text')}"
    return compare.arrays(found, record["outputs"], tolerance.Tolerance().forward)


@pytest.mark.parametrize("group", expressions.GROUPS)
def test_expressions(group):
    texts, records = expressions.GROUPS[group], store.recorded(group, "expressions")
    assert set(texts) == records.keys(), "record them again: scripts/record_oracle.py expressions"
    wrong = {text: problem for text in texts if (problem := difference(text, records[text]))}
    known = {text for text in texts if text in expressions.OTHERWISE}
    assert wrong.keys() <= known, "\n".join(f"{t}: {p}" for t, p in wrong.items() if t not in known)
    assert known <= wrong.keys(), f"these do not differ any more: {known - wrong.keys()}"


def test_enough_expressions():
    assert sum(map(len, expressions.GROUPS.values())) > 700
