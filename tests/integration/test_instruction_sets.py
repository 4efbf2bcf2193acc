"""The compiled library keeps code for one instruction set where only machines that have it run it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_library_keeps_its_instruction_sets_apart():
    build = ROOT / "native/build"
    command = [sys.executable, ROOT / "scripts/check_isa.py", "--library", build / "lib/libmx.so"]
    for isa in ("isa_v3", "isa_v4"):
        objects = sorted((build / f"CMakeFiles/mx_{isa}.dir").rglob("*.o"))
        assert objects, f"nothing was compiled for {isa}"
        command += ["--objects", isa, ";".join(map(str, objects))]
    result = subprocess.run(command, text=True, capture_output=True)
    assert result.returncode == 0, result.stdout + result.stderr
