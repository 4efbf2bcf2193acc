"""The guide says where mx differs from MXNet 1.9.1, in the words of the recorded cases."""

from conformance import catalogue, differences


def test_the_guide_is_up_to_date():
    text = differences.GUIDE.read_text(encoding="utf-8")
    assert text == differences.guide(), "scripts/record_oracle.py --differences writes the table"


def test_operators_exist():
    for difference in differences.DIFFERENCES:
        assert set(difference.operators) <= catalogue.tensor_operators().keys(), difference.what
