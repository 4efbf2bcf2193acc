"""Writes mx_core/{ndarray,symbol}/_generated/: readable Python modules, made of what libmx knows about its operators.

A build hook of the wheel; ``python generate.py`` does the same by hand. The folders are wholly the generator's.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent


def write() -> None:
    sys.path.insert(0, str(HERE))  # hatchling runs this file by its path
    try:
        from generator.modules import write as write_modules
    finally:
        sys.path.remove(str(HERE))
    write_modules(HERE / "src" / "mx_core")


class GenerateOperators(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        write()


if __name__ == "__main__":
    write()
