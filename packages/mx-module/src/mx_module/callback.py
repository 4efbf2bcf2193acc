"""Callbacks: what to do at the end of a batch or an epoch."""

from __future__ import annotations

import logging
import math
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any

from .model import BatchEndParam, save_checkpoint

__all__ = [
    "LogValidationMetricsCallback",
    "ProgressBar",
    "Speedometer",
    "do_checkpoint",
    "log_train_metric",
    "module_checkpoint",
]

EpochCallback = Callable[..., None]
BatchCallback = Callable[[BatchEndParam], None]


def do_checkpoint(prefix: str, period: int = 1) -> EpochCallback:
    """Epoch-end callback: writes ``prefix-symbol.json`` and ``prefix-%04d.params`` every ``period`` epochs.

    Example:
        >>> module.fit(data, num_epoch=2, epoch_end_callback=do_checkpoint("lenet"))    # doctest: +SKIP
    """
    period = max(1, int(period))

    def callback(epoch: int, symbol: Any, arg_params: dict[str, Any], aux_params: dict[str, Any]) -> None:
        if (epoch + 1) % period == 0:
            save_checkpoint(prefix, epoch + 1, symbol, arg_params, aux_params)

    return callback


def module_checkpoint(mod: Any, prefix: str, period: int = 1, save_optimizer_states: bool = False) -> EpochCallback:
    """Epoch-end callback: ``mod.save_checkpoint`` every ``period`` epochs, with the optimizer's states if asked for."""
    period = max(1, int(period))

    def callback(epoch: int, symbol: Any = None, arg_params: Any = None, aux_params: Any = None) -> None:
        if (epoch + 1) % period == 0:
            mod.save_checkpoint(prefix, epoch + 1, save_optimizer_states)

    return callback


def log_train_metric(period: int, auto_reset: bool = False) -> BatchCallback:
    """Batch-end callback: logs the metric every ``period`` batches, and clears its local sums with ``auto_reset``."""

    def callback(param: BatchEndParam) -> None:
        if param.nbatch % period == 0 and param.eval_metric is not None:
            for name, value in param.eval_metric.get_name_value():
                logging.info("Iter[%d] Batch[%d] Train-%s=%f", param.epoch, param.nbatch, name, value)
            if auto_reset:
                param.eval_metric.reset_local()

    return callback


class Speedometer:
    """Batch-end callback: logs samples per second and the metric every ``frequent`` batches.

    Args:
        batch_size: samples in a batch.
        frequent: batches from one line to the next.
        auto_reset: clear the metric's local sums after each line, so that a line is about its own batches only.
    """

    def __init__(self, batch_size: int, frequent: int = 50, auto_reset: bool = True) -> None:
        self.batch_size = batch_size
        self.frequent = frequent
        self.auto_reset = auto_reset
        self.init = False
        self.tic = 0.0
        self.last_count = 0

    def __call__(self, param: BatchEndParam) -> None:
        count = param.nbatch
        if count < self.last_count:  # a new epoch
            self.init = False
        self.last_count = count
        if not self.init:
            self.init = True
            self.tic = time.perf_counter()
            return
        if count % self.frequent:
            return
        seconds = time.perf_counter() - self.tic
        speed = self.frequent * self.batch_size / seconds if seconds > 0 else math.inf
        if param.eval_metric is None:
            logging.info("Iter[%d] Batch [%d]\tSpeed: %.2f samples/sec", param.epoch, count, speed)
        else:
            values = "".join(f"\t{name}={value:f}" for name, value in param.eval_metric.get_name_value())
            first = count - self.frequent if self.auto_reset else 0
            if self.auto_reset:
                param.eval_metric.reset_local()
            logging.info("Epoch[%d] Batch [%d-%d]\tSpeed: %.2f samples/sec%s", param.epoch, first, count, speed, values)
        self.tic = time.perf_counter()


class ProgressBar:
    """Batch-end callback: a bar with the epoch, the batches done, their speed, the time left, and the metric.

    On a terminal the bar is redrawn in place, no wider than the terminal; elsewhere a line is logged at each tenth of
    the way.

    Args:
        total: batches in an epoch.
        length: characters of the bar.

    Example:
        >>> module.fit(data, num_epoch=2, batch_end_callback=ProgressBar(total=60))    # doctest: +SKIP
    """

    def __init__(self, total: int, length: int = 80) -> None:
        self.total = max(1, total)
        self.bar_len = length
        self.start = 0.0
        self.drawn = 0.0
        self.tenth = 0

    def __call__(self, param: BatchEndParam) -> None:
        now = time.perf_counter()
        done = param.nbatch + 1
        if param.nbatch == 0:
            self.start, self.tenth = now, 0
        if done > self.total:  # more batches than announced: the bar of this epoch is finished
            return
        finished = done == self.total
        terminal = sys.stderr.isatty()
        if not finished and (now - self.drawn < 0.05 if terminal else done * 10 // self.total == self.tenth):
            return
        self.drawn, self.tenth = now, done * 10 // self.total
        columns = shutil.get_terminal_size().columns if terminal else sys.maxsize
        text = self._text(param, done, now - self.start, columns)
        if terminal:
            sys.stderr.write("\r\x1b[2K" + text + ("\n" if finished else ""))
            sys.stderr.flush()
        else:
            logging.info("%s", text)

    def _text(self, param: BatchEndParam, done: int, seconds: float, columns: int) -> str:
        head = f"Epoch[{param.epoch}] ["
        tail = f"] {math.ceil(100 * done / self.total)}% {done}/{self.total}"
        if seconds > 0 and param.nbatch:  # the clock starts at the end of the first batch
            speed = param.nbatch / seconds
            tail += f" {speed:.1f} batches/s"
            if done < self.total:
                tail += f" {(self.total - done) / speed:.0f} s left"
        if param.eval_metric is not None:
            tail += "".join(f" {name}={value:.4f}" for name, value in param.eval_metric.get_name_value())
        # a line that wraps could not be redrawn in place
        length = max(1, min(self.bar_len, columns - 1 - len(head) - len(tail)))
        filled = round(length * done / self.total)
        return (head + "=" * filled + "-" * (length - filled) + tail)[: columns - 1]


class LogValidationMetricsCallback:
    """Score-end callback: logs the metric of an epoch's validation."""

    def __call__(self, param: BatchEndParam) -> None:
        if param.eval_metric is not None:
            for name, value in param.eval_metric.get_name_value():
                logging.info("Epoch[%d] Validation-%s=%f", param.epoch, name, value)
