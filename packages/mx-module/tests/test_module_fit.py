"""Training against numbers recorded from MXNet 1.9.1."""

import logging

import numpy as np
import pytest
from mx_core.base import MXNetError
from mx_io.io import NDArrayIter
from mx_module import Module, initializer

# Parameters after 2 epochs and the score of the data (3 batches of 4, two rows of padding counted).
RECORDED = {
    "plain": (
        {"learning_rate": 0.5},
        [-0.051321, 0.346241, -0.039146, 0.284153],
        [0.612376, 0.207374, -0.281177, -0.07758, -0.622277, 0.446091, 0.598008, 0.057778],
        [1.0, 0.4113832712173462],
    ),
    "momentum_wd": (
        {"learning_rate": 0.5, "momentum": 0.9, "wd": 0.1},
        [-0.296234, 0.104639, 0.298645, 0.00546],
        [0.687386, 0.071651, -0.59506, 0.116794, -0.689848, 0.090783, 0.673816, -0.121716],
        [0.9166666666666666, 0.39710893233617145],
    ),
    "clip": (
        {"learning_rate": 0.5, "momentum": 0.9, "wd": 0.1, "clip_gradient": 0.05, "rescale_grad": 0.5},
        [0.061334, 0.336086, -0.134935, 0.252167],
        [0.458161, 0.045283, -0.306929, 0.017531, -0.460622, 0.117151, 0.385685, -0.022453],
        [0.9166666666666666, 0.482922504345576],
    ),
}


@pytest.mark.parametrize("case", RECORDED)
def test_fit_gives_the_parameters_of_1_9_1(mlp, params, batches, case):
    options, bias, weight, score = RECORDED[case]
    module = Module(mlp)
    module.fit(batches(), num_epoch=2, optimizer_params=options, arg_params=params, aux_params={}, initializer=None)
    trained, _ = module.get_params()
    np.testing.assert_allclose(trained["fc1_bias"].asnumpy(), bias, atol=2e-5)
    np.testing.assert_allclose(trained["fc2_weight"].asnumpy().ravel(), weight, atol=2e-5)
    values = [value for _, value in module.score(batches(), ["acc", "ce"])]
    np.testing.assert_allclose(values, score, atol=2e-5)


def test_epochs_callbacks_and_reports(mlp, batches, caplog):
    caplog.set_level(logging.INFO)
    seen = {"batch": [], "epoch": [], "eval": [], "eval_batch": []}
    module = Module(mlp)
    module.fit(
        batches(),
        eval_data=batches(),
        eval_metric=["acc", "ce"],
        begin_epoch=3,
        num_epoch=5,
        initializer=initializer.Xavier(),
        batch_end_callback=[lambda p: seen["batch"].append((p.epoch, p.nbatch, p.eval_metric.get()[0]))],
        epoch_end_callback=lambda epoch, symbol, args, aux: seen["epoch"].append((epoch, symbol is mlp, sorted(args))),
        eval_end_callback=lambda p: seen["eval"].append((p.epoch, p.nbatch)),
        eval_batch_end_callback=lambda p: seen["eval_batch"].append(p.nbatch),
    )
    names = ["accuracy", "cross-entropy"]
    assert seen["batch"] == [(epoch, batch, names) for epoch in (3, 4) for batch in range(3)]
    arguments = ["fc1_bias", "fc1_weight", "fc2_bias", "fc2_weight"]
    assert seen["epoch"] == [(3, True, arguments), (4, True, arguments)]
    assert seen["eval"] == [(3, 3), (4, 3)]
    assert seen["eval_batch"] == [0, 1, 2] * 2
    reports = [record.getMessage() for record in caplog.records]
    for start in ("Epoch[3] Train-accuracy=", "Epoch[4] Validation-cross-entropy=", "Epoch[4] Time cost="):
        assert sum(report.startswith(start) for report in reports) == 1


def test_batch_callback_that_resets_the_metric_keeps_the_epoch_value(mlp, batches, caplog):
    caplog.set_level(logging.INFO)
    Module(mlp).fit(batches(), num_epoch=1, batch_end_callback=lambda p: p.eval_metric.reset_local())
    report = next(r.getMessage() for r in caplog.records if "Train-accuracy" in r.getMessage())
    assert "nan" not in report


def test_fixed_parameters_stay(mlp, params, batches):
    module = Module(mlp, fixed_param_names=["fc1_weight"])
    module.fit(batches(), num_epoch=1, arg_params=params, aux_params={}, optimizer_params={"learning_rate": 0.5})
    trained, _ = module.get_params()
    np.testing.assert_array_equal(trained["fc1_weight"].asnumpy(), params["fc1_weight"].asnumpy())
    assert not np.array_equal(trained["fc2_weight"].asnumpy(), params["fc2_weight"].asnumpy())


def test_training_goes_on_after_a_second_fit_and_a_rebind(mlp, params, batches):
    options = {"optimizer_params": {"learning_rate": 0.5, "momentum": 0.9}}
    whole, parts = Module(mlp), Module(mlp)
    whole.fit(batches(), num_epoch=2, arg_params=params, aux_params={}, **options)
    parts.fit(batches(), num_epoch=1, arg_params=params, aux_params={}, **options)
    parts.fit(batches(), num_epoch=2, begin_epoch=1, force_rebind=True, **options)
    for name, array in whole.get_params()[0].items():
        np.testing.assert_allclose(parts.get_params()[0][name].asnumpy(), array.asnumpy(), atol=1e-6)


def test_score_counts_padding_and_predict_drops_it(mlp, params, batches, data):
    module = Module(mlp)
    module.bind([("data", (4, 3))], [("softmax_label", (4,))])
    module.init_params(arg_params=params, aux_params={})
    counts = []
    module.score(batches(), "acc", score_end_callback=lambda p: counts.append(p.eval_metric.num_inst))
    assert counts == [12]
    outputs = module.predict(batches())
    assert outputs.shape == (10, 2)
    whole = module.predict(data[0])
    np.testing.assert_allclose(outputs.asnumpy(), whole.asnumpy(), atol=1e-6)
    np.testing.assert_allclose(outputs.asnumpy().sum(axis=1), 1, atol=1e-6)
    assert [one.shape for one in module.predict(batches(), always_output_list=True)] == [(10, 2)]
    assert [[o.shape for o in outs] for outs in module.predict(batches(), merge_batches=False)] == [
        [(4, 2)],
        [(4, 2)],
        [(2, 2)],
    ]
    assert module.predict(batches(), num_batch=2).shape == (8, 2)
    assert [number for _, number, _ in module.iter_predict(batches())] == [0, 1, 2]


def test_errors_of_fit(mlp, batches, data):
    with pytest.raises(MXNetError, match="number of epochs"):
        Module(mlp).fit(batches())
    with pytest.raises(MXNetError, match="unknown optimizer 'nope'"):
        Module(mlp).fit(batches(), num_epoch=1, optimizer="nope")
    used = NDArrayIter(*data, batch_size=5)
    for _ in used:
        pass
    with pytest.raises(MXNetError, match="gives no batch"):
        Module(mlp).fit(used, num_epoch=1)
