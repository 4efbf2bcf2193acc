"""Metrics against values of MXNet 1.9.1 and by hand."""

import math

import mx_core.ndarray as nd
import numpy as np
import pytest
from mx_core.base import MXNetError
from mx_module import metric

LABELS = np.array([0, 2, 1, 2], dtype=np.float32)
SCORES = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.5, 0.3], [0.7, 0.2, 0.1]], dtype=np.float32)


def value(name, labels=LABELS, preds=SCORES, **options):
    one = metric.create(name, **options)
    one.update([nd.array(labels)], [nd.array(preds)])
    from_numpy = metric.create(name, **options)
    from_numpy.update([labels], [preds])
    assert one.get() == from_numpy.get()
    return one.get()


def test_classification():
    assert value("acc") == ("accuracy", 0.5)
    assert value("top_k_acc", top_k=2) == ("top_k_accuracy_2", 0.75)
    assert value("top_k_accuracy", top_k=9) == ("top_k_accuracy_9", 1.0)
    classes = np.array([0, 1, 1, 2], dtype=np.float32)
    assert value("acc", preds=classes) == ("accuracy", 0.75)
    assert value("acc", labels=LABELS.reshape(2, 2), preds=SCORES.reshape(2, 2, 3), axis=2) == ("accuracy", 0.5)


def test_likelihood():
    expected = -np.log([0.5, 0.3, 0.5, 0.1]).mean()
    for name, label in (("ce", "cross-entropy"), ("nll_loss", "nll-loss")):
        got, number = value(name)
        assert got == label and number == pytest.approx(expected, rel=1e-6)
    assert value("perplexity", ignore_label=None)[1] == pytest.approx(math.exp(expected), rel=1e-6)
    without_2 = -np.log([0.5, 0.5]).mean()
    assert value("perplexity", ignore_label=2)[1] == pytest.approx(math.exp(without_2), rel=1e-6)
    padding = np.array([0, 2, 1, -1], dtype=np.float32)
    assert value("perplexity", labels=padding, ignore_label=-1)[1] == pytest.approx(
        math.exp(-np.log([0.5, 0.3, 0.5]).mean()), rel=1e-6
    )


@pytest.mark.parametrize(("name", "recorded"), [("mae", 1.0), ("mse", 1.6666666269), ("rmse", 1.2909944057)])
def test_regression(name, recorded):
    labels, preds = np.array([1, 2, 3], dtype=np.float32), np.array([[2], [2], [5]], dtype=np.float32)
    assert value(name, labels=labels, preds=preds)[1] == pytest.approx(recorded, rel=1e-6)


def test_rmse_is_the_mean_of_roots():
    one = metric.RMSE()
    one.update([np.zeros(2)], [np.full(2, 3.0)])
    one.update([np.zeros(2)], [np.full(2, 5.0)])
    assert one.get() == ("rmse", 4.0)


def test_loss_and_functions():
    one = metric.create("loss")
    one.update(None, nd.array([1, 2, 3]))
    one.update(None, [nd.array([6])])
    assert one.get() == ("loss", 3.0)

    @metric.np
    def worst(label, pred):
        return float(np.abs(label - pred).max())

    worst.update([nd.array([1.0, 2.0])], [nd.array([1.5, 5.0])])
    assert worst.get() == ("worst", 3.0)
    assert metric.np(lambda label, pred: 0.0).name == "custom(<lambda>)"
    pair = metric.create(lambda label, pred: (6.0, 4))
    assert pair.name == "custom(<lambda>)"
    pair.update([LABELS], [SCORES])
    assert pair.get()[1] == 1.5
    with pytest.raises(TypeError, match="no configuration"):
        pair.get_config()


def test_nothing_seen_is_nan():
    for name in ("acc", "ce", "mae", "rmse", "loss"):
        assert math.isnan(metric.create(name).get()[1])
    assert math.isnan(metric.Perplexity(None).get()[1])


def test_local_and_global_values():
    one = metric.Accuracy()
    one.update([LABELS], [SCORES])
    one.reset_local()
    assert math.isnan(one.get()[1]) and one.get_global() == ("accuracy", 0.5)
    one.update([np.array([0.0])], [SCORES[:1]])
    assert one.get() == ("accuracy", 1.0) and one.get_global_name_value() == [("accuracy", 0.6)]
    one.reset()
    assert math.isnan(one.get_global()[1])


def test_user_metric_without_global_sums():
    class Count(metric.EvalMetric):
        def update(self, labels, preds):
            self.sum_metric += 2
            self.num_inst += 1

    one = Count("count")
    one.update([], [])
    assert one.get() == one.get_global() == ("count", 2.0)


def test_composite():
    one = metric.create(["acc", metric.CrossEntropy()])
    one.update([LABELS], [SCORES])
    names, values = one.get()
    assert names == ["accuracy", "cross-entropy"] and values[0] == 0.5
    assert one.get_name_value() == list(zip(names, values)) == one.get_global_name_value()
    one.reset_local()
    assert all(math.isnan(number) for number in one.get()[1]) and one.get_global()[1] == values
    assert one.get_metric(0).name == "accuracy"
    with pytest.raises(IndexError, match="index 2: there are 2"):
        one.get_metric(2)
    again = metric.create(one.get_config())
    assert again.get()[0] == names


def test_names_choose_outputs_and_labels():
    one = metric.Accuracy(output_names=["b"], label_names=["y"])
    one.update_dict({"x": LABELS * 0, "y": LABELS}, {"a": SCORES * 0, "b": SCORES})
    assert one.get()[1] == 0.5


def test_configuration_makes_the_same_metric():
    for one in (metric.Accuracy(axis=2), metric.TopKAccuracy(3), metric.Perplexity(7, axis=1), metric.MSE("m")):
        again = metric.create(one.get_config())
        assert type(again) is type(one) and again.get_config() == one.get_config() and again.name == one.name


def test_errors():
    with pytest.raises(ValueError, match="labels 2 and predictions 1"):
        metric.Accuracy().update([np.zeros(2)], [np.zeros((1, 2))])
    with pytest.raises(MXNetError, match="labels 1 and predictions 0"):
        metric.Accuracy().update([np.zeros(2)], [])
    with pytest.raises(MXNetError, match="use Accuracy"):
        metric.TopKAccuracy()
    with pytest.raises(MXNetError, match="3 labels"):
        metric.CrossEntropy().update([np.zeros(3)], [np.zeros((2, 2))])
    with pytest.raises(MXNetError, match=r"Perplexity\.update"):
        metric.Perplexity(None).update([np.zeros(3)], [np.zeros((2, 2))])
