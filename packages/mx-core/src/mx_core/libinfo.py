"""Versions and places of the libraries in use."""

import mx_native

__all__ = ["find_include_path", "find_lib_path"]
__version__ = "0.1.0"


def find_lib_path() -> list[str]:
    """Return the path of libmx, as a list of one."""
    return [mx_native.library()]


def find_include_path() -> str:
    """Return the folder of the C headers."""
    return mx_native.include_dir()
