"""Benchmarks beside MXNet 1.9.1 and PyTorch: ``scripts/dev.py bench``.

workloads/    one file each: what is timed, written once for every implementation that can run it
measure.py    how it is timed; runs inside each implementation's own interpreter, through worker.py
peers.py      the implementations: interpreters, made once in the user's cache, and their variables
probe.cc      what the machine can do at the moment: fused multiply-adds and memory
runner.py     rounds of interleaved runs        table.py   ratios        history.py   docs/performance/history.csv
"""
