"""Modules: a symbol with parameters, data, an optimizer, and the training loop."""

from .base_module import BaseModule
from .module import Module

__all__ = ["BaseModule", "Module"]
