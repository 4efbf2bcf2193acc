"""Checks what ptxas made of the plugin's kernels:  check_cuda.py CUOBJDUMP LIBRARY

A kernel whose registers do not suffice keeps values in memory, which costs more than most of our kernels do. ptxas
needs a few bytes of that now and then, for the state of branches, and functions such as sin have a small table of their
own: STACK bytes are let pass, more are an error. Prints how many registers kernels take.
"""

import re
import subprocess
import sys
from statistics import median

STACK = 128
USAGE = re.compile(r"Function (\S+):\s+REG:(\d+) STACK:(\d+) SHARED:\d+ LOCAL:(\d+)")


def main(cuobjdump: str, library: str) -> None:
    dump = subprocess.run([cuobjdump, "--dump-resource-usage", library], check=True, capture_output=True, text=True)
    kernels = [(name, *map(int, numbers)) for name, *numbers in USAGE.findall(dump.stdout)]
    if not kernels:
        sys.exit(f"{library} holds no kernels")
    registers = [count for _, count, _, _ in kernels]
    print(f"{len(kernels)} kernels: {median(registers):g} registers in the middle, {max(registers)} at most")
    over = [(stack + local, name) for name, _, stack, local in kernels if stack + local > STACK]
    for size, name in sorted(over, reverse=True):
        print(f"{name} keeps {size} bytes in memory; {STACK} are allowed")
    if over:
        sys.exit("Let these kernels do less at once, for example by kMostAtOnce of a functor.")


if __name__ == "__main__":
    main(*sys.argv[1:])
