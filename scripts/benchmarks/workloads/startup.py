"""A fresh process: import, the first array, memory; and the record files without the engine.

first_s: import and a first ones((2, 2)) as a NumPy array; first_rss_mb: the memory that this took.
"""

import subprocess
import sys

PEERS = ["mxnet", "torch"]
PROGRAM = """
import resource, sys, time
start = time.perf_counter()
{code}
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
FIRST = {
    "ours": "import mx; mx.nd.ones((2, 2)).asnumpy()",
    "mxnet": "import mxnet as mx; mx.nd.ones((2, 2)).asnumpy()",
    "torch": "import torch; torch.ones((2, 2)).numpy()",
}
IMPORT = {"ours": "import mx_core", "mxnet": "import mxnet", "torch": "import torch"}
RECORDS = {"ours": "import mx_io.recordio", "mxnet": "import mxnet.recordio"}


def run(bench):
    def fresh(code, name):
        program = PROGRAM.format(code=code)
        words = []
        for _ in range(max(10, bench.samples) + 1):
            done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)
            words.append([float(word) for word in done.stdout.split()])
        words = words[1:]  # the first one reads the disk
        bench.report(f"{name}_s", "s", [seconds for seconds, _ in words])
        bench.report(f"{name}_rss_mb", "MB", [memory for _, memory in words])

    fresh(FIRST[bench.label], "first")
    fresh(IMPORT[bench.label], "import")
    if bench.label in RECORDS:
        fresh(RECORDS[bench.label], "recordio")
