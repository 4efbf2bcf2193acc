"""The monitor: what it collects, in which order, and how often."""

import logging

import mx_core.ndarray as nd
import numpy as np
from mx_io.io import DataBatch
from mx_module import Module, Monitor


def bound(mlp, params):
    module = Module(mlp)
    module.bind([("data", (4, 3))], [("softmax_label", (4,))])
    module.init_params(arg_params=params, aux_params={})
    return module


def batch(data, start=0, stop=4):
    return DataBatch([nd.array(data[0][start:stop])], [nd.array(data[1][start:stop])])


def test_outputs_come_first_then_arguments(mlp, params, data):
    module, monitor = bound(mlp, params), Monitor(1)
    module.install_monitor(monitor)
    monitor.tic()
    module.forward(batch(data), is_train=False)
    rows = monitor.toc()
    outputs = ["fc1_output", "tanh_output", "fc2_output", "softmax_output"]
    assert [name for _, name, _ in rows] == outputs + mlp.list_arguments()
    assert {step for step, _, _ in rows} == {1}
    by_name = {name: text for _, name, text in rows}
    weight = params["fc1_weight"].asnumpy()
    assert by_name["fc1_weight"].endswith("\t") and len(by_name["fc1_weight"]) < 13  # the digits of float32
    np.testing.assert_allclose(float(by_name["fc1_weight"]), np.sqrt(np.mean(weight**2)), rtol=1e-5)


def test_interval_pattern_sort_and_statistic(mlp, params, data):
    module = bound(mlp, params)
    monitor = Monitor(2, stat_func=lambda x: [x.max(), x.min()], pattern=".*(weight|tanh)", sort=True)
    module.install_monitor(monitor)
    counts = []
    for _ in range(4):
        monitor.tic()
        module.forward(batch(data), is_train=False)
        counts.append([name for _, name, _ in monitor.toc()])
    assert counts == [["fc1_weight", "fc2_weight", "tanh_output"], []] * 2
    monitor.tic()
    text = {name: text for _, name, text in monitor.toc()}["fc2_weight"]
    weight = params["fc2_weight"].asnumpy()
    np.testing.assert_allclose([float(one) for one in text.split()], [weight.max(), weight.min()], rtol=1e-6)


def test_monitor_follows_a_reshape(mlp, params, data):
    module, monitor = bound(mlp, params), Monitor(1, pattern="(fc1_output|fc1_bias)$")
    module.install_monitor(monitor)
    for stop in (3, 4, 3):
        monitor.tic()
        module.forward(batch(data, 0, stop), is_train=False)
        assert [name for _, name, _ in monitor.toc()] == ["fc1_output", "fc1_bias"]


def test_fit_logs_the_statistics(mlp, batches, caplog):
    caplog.set_level(logging.INFO)
    Module(mlp).fit(batches(), num_epoch=1, monitor=Monitor(2, pattern="fc2_weight"))
    rows = [record.getMessage() for record in caplog.records if "fc2_weight" in record.getMessage()]
    assert len(rows) == 2 and rows[0].startswith("Batch:       1 ") and rows[1].startswith("Batch:       3 ")
