"""Drawn numbers differ from MXNet's: ``tests/compat/test_random.py`` tests their distributions."""


def design(d) -> None:
    """None."""
