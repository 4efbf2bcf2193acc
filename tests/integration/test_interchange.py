"""Files go both ways: what mx saves MXNet 1.9.1 loads, with the same results, and the other way round."""

import numpy as np
from integration.models import lenet
from mx_core import nd
from mx_core.context import cpu
from mx_io import NDArrayIter
from mx_module import Module

SEED = 3
FORWARD = """
symbol, arguments, auxiliary = mx.model.load_checkpoint("lenet", 1)
module = mx.mod.Module(symbol)
module.bind([("data", inputs["data"].shape)], for_training=False)
module.set_params(arguments, auxiliary)
module.forward(mx.io.DataBatch([mx.nd.array(inputs["data"])]), is_train=False)
outputs["probabilities"] = module.get_outputs()[0].asnumpy()
"""
SAVE = """
mx.model.save_checkpoint("theirs", 1, mx.sym.load("lenet-symbol.json"), *mx.model.load_params("lenet", 1))
open("again.json", "w").write(mx.sym.load("lenet-symbol.json").tojson())
"""


def trained_lenet(data: np.ndarray) -> Module:
    print(f"seed {SEED}")
    random = np.random.default_rng(SEED)
    module = Module(lenet(), context=cpu())
    labels = random.integers(0, 10, len(data)).astype(np.float32)
    module.fit(NDArrayIter(data, labels, batch_size=8), num_epoch=1, optimizer_params={"learning_rate": 0.01})
    return module


def test_lenet_goes_to_mxnet_and_back(oracle, tmp_path):
    data = np.random.default_rng(SEED).random((16, 1, 28, 28), np.float32)
    module = trained_lenet(data)
    module.save_checkpoint(str(tmp_path / "lenet"), 1)
    ours = module.predict(NDArrayIter(data, batch_size=16)).asnumpy()

    theirs = oracle(FORWARD + SAVE, folder=tmp_path, data=data)["probabilities"]
    np.testing.assert_allclose(ours, theirs, atol=1e-5)

    assert (tmp_path / "again.json").read_text() == (tmp_path / "lenet-symbol.json").read_text()
    again = Module.load(str(tmp_path / "theirs"), 1)
    again.bind([("data", data.shape)], for_training=False)
    np.testing.assert_array_equal(again.predict(NDArrayIter(data, batch_size=16)).asnumpy(), ours)


def test_parameters_saved_by_mxnet_are_byte_equal_to_ours(oracle, tmp_path):
    arrays = {"arg:w": np.arange(6, dtype=np.float32).reshape(2, 3), "aux:m": np.array([1, 2], np.int32)}
    nd.save(str(tmp_path / "ours.params"), {k: nd.array(v, dtype=v.dtype) for k, v in arrays.items()})
    save = "mx.nd.save('theirs.params', {k: mx.nd.array(v, dtype=v.dtype) for k, v in inputs.items()})"
    oracle(save, folder=tmp_path, **arrays)
    assert (tmp_path / "ours.params").read_bytes() == (tmp_path / "theirs.params").read_bytes()
