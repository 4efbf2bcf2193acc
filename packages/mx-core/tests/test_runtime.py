"""What the installation can do."""

import pytest
from mx_core import context, runtime
from mx_core.base import MXNetError


def test_features():
    features = runtime.Features()
    assert features.is_enabled("LAPACK") and features.is_enabled("lapack") and not features.is_enabled("TENSORRT")
    assert features.is_enabled("CUDA") == (context.num_gpus() > 0)
    assert [feature.name for feature in runtime.feature_list()] == list(features)
    assert repr(features["LAPACK"]) == "✔ LAPACK" and "✖ TENSORRT" in repr(features)
    for wrong in ("nonsense", 3):
        with pytest.raises(MXNetError, match="is_enabled"):
            features.is_enabled(wrong)
