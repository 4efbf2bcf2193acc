"""What ``import mx_io`` offers."""

import mx_io
import pytest


def test_every_iterator_is_found_at_the_top():
    assert set(mx_io.__all__) == {"errors", "image", "io", "recordio", *mx_io.io.__all__}
    for name in mx_io.io.__all__:
        assert getattr(mx_io, name) is getattr(mx_io.io, name)
    assert set(mx_io.__all__) <= set(dir(mx_io))


def test_other_names_are_unknown():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        mx_io.nothing
