"""Optimizers and the updaters that hold their states."""

from .optimizer import Optimizer, create, register
from .sgd import SGD, ccSGD
from .updater import Updater, get_updater

__all__ = ["SGD", "Optimizer", "Updater", "ccSGD", "create", "get_updater", "register"]
