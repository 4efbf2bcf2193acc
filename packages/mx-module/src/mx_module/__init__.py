"""Training for mx: modules, optimizers, schedulers, initializers, metrics, callbacks and the monitor.

Example:
    >>> from mx_module import Module
    >>> module = Module(symbol)                                    # doctest: +SKIP
    >>> module.fit(train_iter, num_epoch=2, optimizer="sgd")       # doctest: +SKIP
"""

from . import callback, initializer, lr_scheduler, metric, model, module, monitor, optimizer
from . import initializer as init
from .initializer import InitDesc, Initializer
from .lr_scheduler import LRScheduler
from .metric import CompositeEvalMetric, EvalMetric
from .model import BatchEndParam, load_checkpoint, load_params, save_checkpoint
from .module import BaseModule, Module
from .monitor import Monitor
from .optimizer import SGD, Optimizer, Updater, get_updater

__version__ = "0.1.0"

__all__ = [
    "SGD",
    "BaseModule",
    "BatchEndParam",
    "CompositeEvalMetric",
    "EvalMetric",
    "InitDesc",
    "Initializer",
    "LRScheduler",
    "Module",
    "Monitor",
    "Optimizer",
    "Updater",
    "callback",
    "get_updater",
    "init",
    "initializer",
    "load_checkpoint",
    "load_params",
    "lr_scheduler",
    "metric",
    "model",
    "module",
    "monitor",
    "optimizer",
    "save_checkpoint",
]
