"""What `mx` offers and where each name comes from. `_lazy.py` reads this file."""

# ruff: noqa: F401 -- these imports are for others

import mx_infer as infer
from mx_core import attribute as attribute
from mx_core import autograd as autograd
from mx_core import base as base
from mx_core import context as context
from mx_core import contrib as contrib
from mx_core import engine as engine
from mx_core import executor as executor
from mx_core import libinfo as libinfo
from mx_core import library as library
from mx_core import log as log
from mx_core import name as name
from mx_core import ndarray as nd
from mx_core import ndarray as ndarray
from mx_core import operator as operator
from mx_core import random as random
from mx_core import random as rnd
from mx_core import registry as registry
from mx_core import runtime as runtime
from mx_core import symbol as sym
from mx_core import symbol as symbol
from mx_core import test_utils as test_utils
from mx_core import util as util
from mx_core.attribute import AttrScope as AttrScope
from mx_core.base import MXNetError as MXNetError
from mx_core.context import Context as Context
from mx_core.context import cpu as cpu
from mx_core.context import cpu_pinned as cpu_pinned
from mx_core.context import current_context as current_context
from mx_core.context import gpu as gpu
from mx_core.context import gpu_memory_info as gpu_memory_info
from mx_core.context import num_gpus as num_gpus
from mx_core.ndarray import NDArray as NDArray
from mx_core.util import is_np_array as is_np_array
from mx_core.util import is_np_shape as is_np_shape
from mx_core.util import np_shape as np_shape
from mx_core.util import set_np_shape as set_np_shape
from mx_core.util import use_np as use_np
from mx_core.util import use_np_shape as use_np_shape
from mx_io import image as image
from mx_io import image as img
from mx_io import io as io
from mx_io import recordio as recordio
from mx_kvstore import kvstore as kv
from mx_kvstore import kvstore as kvstore
from mx_module import callback as callback
from mx_module import initializer as init
from mx_module import initializer as initializer
from mx_module import lr_scheduler as lr_scheduler
from mx_module import metric as metric
from mx_module import model as model
from mx_module import module as mod
from mx_module import module as module
from mx_module import monitor as mon
from mx_module import monitor as monitor
from mx_module import optimizer as optimizer
from mx_viz import visualization as visualization
from mx_viz import visualization as viz

from .compat import install_as_mxnet as install_as_mxnet

__version__: str
