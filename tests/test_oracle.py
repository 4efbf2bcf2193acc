"""The oracle answers, keeps names and dtypes, works in a folder, and reports what fails."""

import numpy as np
import pytest


def test_arrays_go_there_and_come_back(oracle):
    x = np.array([[-1, 2], [3, -4]], dtype="float32")
    outputs = oracle("outputs['y'] = mx.nd.relu(mx.nd.array(inputs['x'])).asnumpy()", x=x)
    assert outputs["y"].dtype == np.float32
    np.testing.assert_array_equal(outputs["y"], [[0, 2], [3, 0]])


def test_it_is_the_version_that_counts(oracle):
    assert str(oracle("outputs['v'] = mx.__version__")["v"]) == "1.9.1"


def test_files_are_left_in_the_folder(oracle, tmp_path):
    oracle("mx.nd.save('x.params', {'x': mx.nd.ones((2,))})", folder=tmp_path)
    assert (tmp_path / "x.params").stat().st_size > 8


def test_a_failing_snippet_is_reported(oracle):
    with pytest.raises(RuntimeError, match="no_such_operator"):
        oracle("mx.nd.no_such_operator()")
