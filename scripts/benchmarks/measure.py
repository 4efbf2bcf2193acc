"""What a workload sees. This runs in every implementation's own interpreter: nothing but the standard library here."""

import importlib
import json
import math
import os
import resource
import statistics
import time


class Bench:
    """One implementation, one run of one workload.

    Workloads report metrics by name; the unit decides whether more or less is better (see table.py). A value is the
    median of several samples.
    """

    def __init__(self, label, samples=3, seconds=0.4, emit=None, part=None):
        self.label, self.samples, self.seconds = label, samples, seconds
        self.part = part  # of the workload, where it has several
        self.threads = int(os.environ["OMP_NUM_THREADS"])
        self.triad = float(os.environ.get("MX_BENCH_TRIAD", "nan"))  # GB/s of this machine just before this run
        self.emit = emit or (lambda record: print(json.dumps(record), flush=True))

    @property
    def is_mx(self):
        """Whether this is MXNet or ours: the same code runs in both."""
        return self.label in ("ours", "mxnet")

    @property
    def compiled(self):
        return "compile" in self.label

    @property
    def channels_last(self):
        return self.label.endswith("-cl")

    def mx(self):
        return importlib.import_module("mx" if self.label == "ours" else "mxnet")

    def torch(self):
        torch = importlib.import_module("torch")
        torch.set_num_threads(self.threads)
        torch.manual_seed(0)
        return torch

    def report(self, metric, unit, values):
        values = [float(v) for v in values]
        self.emit({"metric": metric, "unit": unit, "value": statistics.median(values), "samples": len(values)})

    @staticmethod
    def peak_rss():
        """The most memory that this process has held, MB."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def time(self, metric, unit, run, rate=None, sync=lambda: None, seconds=None, patience=math.inf):
        """Time ``run``; ``sync`` waits for all that it started. ``rate`` makes the figure of the seconds of one run."""
        rate = rate or SECONDS[unit]
        self.report(metric, unit, [rate(s) for s in self.seconds_of(run, sync, seconds, patience)])

    def seconds_of(self, run, sync=lambda: None, seconds=None, patience=math.inf):
        """Seconds of one ``run``, once for each sample; a sample lasts about ``seconds``.

        A run that lasts more than ``patience`` is timed once, and warmed up once.
        """
        seconds = self.seconds if seconds is None else seconds

        def measure(count):
            start = time.perf_counter()
            for _ in range(count):
                run()
            sync()
            return time.perf_counter() - start

        warm = measure(1)  # first runs allocate, compile and prepare
        if warm < patience:
            measure(1)
        count, spent = 1, measure(1)
        if spent >= patience:
            return [spent]
        while spent < seconds / 2:
            count = int(count * min(10, max(1.5, 0.8 * seconds / max(spent, 1e-7)))) + 1
            spent = measure(count)
        count = max(1, round(count * seconds / spent))
        return [measure(count) / count for _ in range(self.samples)]

    # -- networks: symbol(mx.sym) and model(torch) make one and the same -----------------------------------------------

    def small_network(self, symbol, model, shape, classes=10):
        """Training, training with the metric of fit(), and inference, of one batch size."""
        trainer, rate = self.train(symbol, model, shape, classes, f"train_b{shape[0]}")
        if self.is_mx:
            metric = f"train_metric_b{shape[0]}"
            self.time(metric, "samples/s", trainer.step_with_metric, rate, trainer.sync)
        trainer.freeze()
        self.time(f"infer_b{shape[0]}", "samples/s", trainer.infer, rate, trainer.sync)

    def train(self, symbol, model, shape, classes, metric, unit="samples/s"):
        trainer = self.trainer(symbol, model, shape, classes)
        rate = lambda seconds: shape[0] / seconds  # noqa: E731
        self.time(metric, unit, trainer.step, rate, trainer.sync)
        return trainer, rate

    def infer(self, symbol, model, shape, classes, metric, unit="samples/s"):
        """Of one image: with reading the result, as somebody who waits for it does."""
        trainer = self.trainer(symbol, model, shape, classes, training=False)
        trainer.freeze()
        run = trainer.infer if shape[0] > 1 else lambda: trainer.read(trainer.infer())
        self.time(metric, unit, run, lambda seconds: shape[0] / seconds, trainer.sync)

    def trainer(self, symbol, model, shape, classes, training=True):
        if self.is_mx:
            mx = self.mx()
            return ModuleTrainer(mx, symbol(mx.sym), shape, classes, training)
        torch = self.torch()
        return TorchTrainer(self, torch, model(torch), shape, classes)


SECONDS = {"s": lambda s: s, "ms": lambda s: 1e3 * s, "us": lambda s: 1e6 * s, "us/op": lambda s: 1e6 * s}


class ModuleTrainer:
    """A network in the Module API, on random images: a training step is forward, backward and update."""

    def __init__(self, mx, symbol, shape, classes, training):
        data, label = mx.nd.random.uniform(shape=shape), mx.nd.array([i % classes for i in range(shape[0])])
        self.sync, self.batch = mx.nd.waitall, mx.io.DataBatch(data=[data], label=[label])
        self.module = mx.mod.Module(symbol, context=mx.cpu())
        labels = [("softmax_label", label.shape)] if training else None
        self.module.bind([("data", shape)], labels, for_training=training)
        self.module.init_params(mx.init.Xavier())
        if not training:
            return
        settings = {"learning_rate": 0.01, "momentum": 0.9}
        self.module.init_optimizer(kvstore=None, optimizer="sgd", optimizer_params=settings)
        self.metric = mx.metric.Accuracy()

    def step(self):
        self.module.forward_backward(self.batch)
        self.module.update()

    def step_with_metric(self):
        """What fit() does: the metric reads the outputs of every batch."""
        self.step()
        self.module.update_metric(self.metric, self.batch.label)

    def freeze(self):
        """Nothing to do: ``infer`` says what it is."""

    def infer(self):
        self.module.forward(self.batch, is_train=False)

    def read(self, _):
        return self.module.get_outputs()[0].asnumpy()


class TorchTrainer:
    """The same in PyTorch, at its best: compiled and channels last where the label says so."""

    def __init__(self, bench, torch, model, shape, classes):
        x, y = torch.rand(shape), torch.arange(shape[0]) % classes
        if bench.channels_last:
            model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
        entropy = torch.nn.CrossEntropyLoss()
        self.torch, self.model, self.x, self.y = torch, model, x, y
        self.loss = lambda x, y: entropy(model(x), y)
        self.forward = model
        self.compiled = bench.compiled
        if self.compiled:
            self.loss = torch.compile(self.loss)
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=self.compiled or None)

    def step(self):
        self.optimizer.zero_grad()
        self.loss(self.x, self.y).backward()
        self.optimizer.step()

    def infer(self):
        with self.torch.no_grad():
            return self.forward(self.x)

    def read(self, output):
        return output.numpy()

    def sync(self):
        """Nothing is left to wait for."""

    def freeze(self):
        """From here on it only infers."""
        self.model.eval()
        if self.compiled:
            importlib.import_module("torch._inductor.config").freezing = True
            self.forward = self.torch.compile(self.model)
