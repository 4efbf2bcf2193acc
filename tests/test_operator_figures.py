"""The figures of scripts/operators.py."""

import operators
from conformance import catalogue
from workspace import ROOT


def test_every_tensor_operator_stands_in_the_sources_once():
    found = operators.definitions()
    assert catalogue.tensor_operators().keys() - catalogue.missing() <= found.keys()
    assert {"moments", "_linalg_gemm"} <= {name for name, it in found.items() if it.composite}
    assert not found["exp"].composite and found["exp"].file.is_relative_to(ROOT)


def test_lines_are_shared_by_the_operators_of_a_file(tmp_path):
    (tmp_path / "some.cc").write_text(
        "// Two of the catalogue, and a part of a gradient.\n"
        "MX_OPERATOR(exp) { op.forward(exp); }\n"
        "MX_OPERATOR(_backward_exp) { op.compose(nothing); }\n"
        "MX_OPERATOR(log) { op.compose(formula); }\n"
    )
    found = operators.definitions(tmp_path)
    assert {name: (it.composite, it.lines) for name, it in found.items()} == {"exp": (False, 2), "log": (True, 2)}


def test_the_table_has_a_row_for_each_family(capsys):
    operators.main()
    said = capsys.readouterr().out
    assert all(f"\n{family} " in said for family in catalogue.TENSOR_FAMILIES) and "\nall " in said
