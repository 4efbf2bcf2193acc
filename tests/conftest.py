"""What the tests of the whole repository share."""

import os

import oracle as mxnet
import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "oracle" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.oracle)


@pytest.fixture(scope="session")
def oracle():
    """``oracle.run``, which runs a snippet in MXNet 1.9.1. Where that cannot be had, CI fails and others skip."""
    try:
        mxnet.python()
    except mxnet.OracleUnavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"MXNet 1.9.1 is not available: {error}")
        pytest.skip(f"MXNet 1.9.1 is not available: {error}")
    return mxnet.run
