"""What this installation of mx can do.

>>> Features().is_enabled("LAPACK")
True
"""

from collections import OrderedDict

from mx_core.base import MXTypeError, MXValueError
from mx_core.context import num_gpus

__all__ = ["Feature", "Features", "feature_list"]

# As MXNet 1.9.1 calls them: those of every installation, those of one with a GPU and its plugin, and those mx lacks.
# BLAS_OPEN and LAPACK are OpenBLAS, MKLDNN is oneDNN, and INT64_TENSOR_SIZE allows more than 2^31 elements.
_ALWAYS = """CPU_SSE CPU_SSE2 CPU_SSE3 CPU_SSE4_1 CPU_SSE4_2 CPU_AVX CPU_AVX2 OPENMP SSE F16C BLAS_OPEN LAPACK MKLDNN
    CXX14 INT64_TENSOR_SIZE"""
_WITH_CUDA = "CUDA CUDNN"
_NEVER = """NCCL CUDA_RTC TENSORRT CPU_SSE4A JEMALLOC BLAS_ATLAS BLAS_MKL BLAS_APPLE OPENCV CAFFE PROFILER DIST_KVSTORE
    SIGNAL_HANDLER DEBUG TVM_OP"""


class Feature:
    """Something that an installation can do or not.

    Attributes:
        name: What it is called.
        enabled: Whether this one can.
    """

    def __init__(self, name: str, enabled: bool) -> None:
        self.name = name
        self.enabled = enabled

    def __repr__(self) -> str:
        return f"{'✔' if self.enabled else '✖'} {self.name}"


def feature_list() -> list[Feature]:
    """Return all features, those that are not enabled too."""
    kinds = ((_WITH_CUDA, num_gpus() > 0), (_ALWAYS, True), (_NEVER, False))
    return [Feature(name, enabled) for names, enabled in kinds for name in names.split()]


class Features(OrderedDict[str, Feature]):
    """All features by their names."""

    def __init__(self) -> None:
        super().__init__((feature.name, feature) for feature in feature_list())

    def __repr__(self) -> str:
        return str(list(self.values()))

    def is_enabled(self, feature_name: str) -> bool:
        """Return whether a feature is there.

        Raises:
            MXValueError: there is no feature of this name.
        """
        if not isinstance(feature_name, str):
            raise MXTypeError(f"[Features.is_enabled] the name must be a string, got {feature_name!r}")
        if feature_name.upper() not in self:
            raise MXValueError(f"[Features.is_enabled] there is no feature {feature_name!r}, only {', '.join(self)}")
        return self[feature_name.upper()].enabled
