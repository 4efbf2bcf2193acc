"""Checks that code for one instruction set stays where only machines that have it will run it.

    check_isa.py --library libmx.so --objects isa_v3 a.o;b.o --objects isa_v4 a.o;b.o

Of two functions with one name the linker keeps one. If an inline function or a template of the standard library is
compiled into the x86-64-v3 and the v4 objects, code for v3 may end up calling the v4 copy, and die where there is no
AVX-512. So: no AVX-512 registers outside of functions in namespace isa_v4; no symbol that the linker may merge outside
of the objects' own namespace; and nothing that runs at load time, before the processor has been looked at.
"""

import argparse
import re
import subprocess
import sys

AVX512_REGISTER = re.compile(r"%(zmm\d|[xy]mm(1[6-9]|2\d|3[01])\b|k[0-7]\b)")
FUNCTION = re.compile(r"[0-9a-f]+ <(.*)>:")
MERGED = set("WVuwv")  # what nm calls weak and unique symbols


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def avx512_functions(path: str) -> dict[str, int]:
    """The functions that use AVX-512 registers, and in how many instructions."""
    name, found = "?", {}
    with subprocess.Popen(
        ["objdump", "-d", "--no-show-raw-insn", path], stdout=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if match := FUNCTION.match(line):
                name = match[1]
            elif AVX512_REGISTER.search(line):
                found[name] = found.get(name, 0) + 1
    if process.returncode:
        raise SystemExit(f"objdump {path} failed")
    return found


def library_errors(path: str) -> list[str]:
    return [
        f"{path}: {name} uses AVX-512 registers in {count} instructions"
        for name, count in avx512_functions(path).items()
        if "isa_v4" not in name
    ]


def object_errors(path: str, namespace: str) -> list[str]:
    errors = []
    if namespace != "isa_v4" and (used := avx512_functions(path)):
        errors.append(f"{path}: AVX-512 registers in {', '.join(sorted(used))}")
    for line in run("nm", "--defined-only", path).splitlines():
        kind, name = line.split()[-2:]
        if kind in MERGED and namespace not in name and name != "DW.ref.__gxx_personality_v0":
            errors.append(f"{path}: the linker may merge {name}, which is not in namespace {namespace}")
    if re.search(r"\.(init_array|ctors)", run("readelf", "-SW", path)):
        errors.append(f"{path}: runs code at load time")
    return errors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", help="the linked library")
    parser.add_argument("--objects", nargs=2, action="append", default=[], metavar=("NAMESPACE", "FILES"))
    args = parser.parse_args()
    errors = library_errors(args.library) if args.library else []
    count = 0
    for namespace, files in args.objects:
        for path in filter(None, files.split(";")):
            errors += object_errors(path, namespace)
            count += 1
    print("\n".join(errors) or f"{count} objects keep their instruction sets apart")
    return bool(errors)


if __name__ == "__main__":
    sys.exit(main())
