#!/usr/bin/env python3
"""The size budget: no source file over 1,000 lines, and in each language a median under 150. Prints a small table."""

import sys
from statistics import median

from workspace import ROOT, tracked

LONGEST, MEDIAN = 1000, 150
LANGUAGES = {
    "C++": (".cc", ".h", ".cu"),
    "Python": (".py",),
    "Cython": (".pyx", ".pxd", ".pxi"),
    "CMake": ("CMakeLists.txt", ".cmake"),
    "Markdown": (".md",),
    "Shell": (".sh",),
}


def main() -> None:
    problems = []
    print(f"{'language':10} {'files':>6} {'lines':>8} {'median':>7} {'longest':>8}")
    for language, endings in LANGUAGES.items():
        sizes = {path: path.read_bytes().count(b"\n") for path in tracked(*endings)}
        if not sizes:
            continue
        middle, longest = median(sizes.values()), max(sizes, key=sizes.get)
        row = f"{language:10} {len(sizes):6} {sum(sizes.values()):8} {middle:7g} {sizes[longest]:8}"
        print(f"{row}  {longest.relative_to(ROOT)}")
        if middle >= MEDIAN:
            problems.append(f"the median of {language} files is {middle:g} lines; it must be under {MEDIAN}")
        over = [path for path, lines in sizes.items() if lines > LONGEST]
        problems += [f"{p.relative_to(ROOT)} has {sizes[p]} lines; {LONGEST} are allowed: split it" for p in over]
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
