"""Initializers: how parameters get their first values."""

from .composite import Load, Mixed
from .constant import Constant, One, Zero
from .initializer import InitDesc, Initializer, create, register
from .sampled import Normal, Orthogonal, Uniform
from .scaled import MSRAPrelu, Xavier
from .upsampling import Bilinear

__all__ = [
    "Bilinear",
    "Constant",
    "InitDesc",
    "Initializer",
    "Load",
    "MSRAPrelu",
    "Mixed",
    "Normal",
    "One",
    "Orthogonal",
    "Uniform",
    "Xavier",
    "Zero",
    "create",
    "register",
]
