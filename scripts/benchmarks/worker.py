"""Runs one workload in one implementation and prints a line of JSON for each metric. Started by runner.py."""

import argparse
import importlib.util
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def load(name):
    """A workload, by the name of its file."""
    spec = importlib.util.spec_from_file_location(f"workloads.{name}", HERE / "workloads" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    import measure

    sys.path.remove(str(HERE))  # its names are not for the implementation to find
    parser = argparse.ArgumentParser()
    parser.add_argument("workload")
    parser.add_argument("label")
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.4)
    parser.add_argument("--part")
    given = parser.parse_args()
    load(given.workload).run(measure.Bench(given.label, given.samples, given.seconds, part=given.part))


if __name__ == "__main__":
    main()
