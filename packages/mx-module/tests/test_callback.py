"""Callbacks: what they report, and when."""

import logging
import re

import pytest
from mx_module import metric
from mx_module.callback import LogValidationMetricsCallback, ProgressBar, Speedometer, log_train_metric
from mx_module.model import BatchEndParam


@pytest.fixture
def reports(caplog):
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records]


def seen(value=0.5):
    one = metric.Accuracy()
    one.add_value(value * 4, 4)
    return one


def run(callback, batches, one=None, epoch=1):
    for nbatch in range(batches):
        callback(BatchEndParam(epoch, nbatch, one, {}))


def test_speedometer(reports):
    one = seen()
    run(Speedometer(batch_size=8, frequent=2), 5, one)
    assert [re.sub(r"[\d.]+ samples", "? samples", text) for text in reports()] == [
        "Epoch[1] Batch [0-2]\tSpeed: ? samples/sec\taccuracy=0.500000",
        "Epoch[1] Batch [2-4]\tSpeed: ? samples/sec\taccuracy=nan",
    ]
    assert one.get_global() == ("accuracy", 0.5)


def test_speedometer_without_reset_and_without_metric(reports):
    one = seen()
    run(Speedometer(8, 2, auto_reset=False), 3, one)
    run(Speedometer(8, 2), 3)
    assert one.num_inst == 4
    assert reports()[0].startswith("Epoch[1] Batch [0-2]\tSpeed: ") and reports()[1].startswith("Iter[1] Batch [2]\t")


def test_speedometer_starts_again_with_an_epoch(reports):
    meter = Speedometer(8, 2)
    run(meter, 3)
    run(meter, 3, epoch=2)
    assert len(reports()) == 2


def test_log_train_metric(reports):
    one = seen()
    run(log_train_metric(2, auto_reset=True), 3, one)
    assert reports() == ["Iter[1] Batch[0] Train-accuracy=0.500000", "Iter[1] Batch[2] Train-accuracy=nan"]


def test_log_validation(reports):
    LogValidationMetricsCallback()(BatchEndParam(3, 0, seen(), {}))
    LogValidationMetricsCallback()(BatchEndParam(3, 0, None, {}))
    assert reports() == ["Epoch[3] Validation-accuracy=0.500000"]


def test_progress_bar_logs_tenths_where_there_is_no_terminal(reports, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: False)
    bar = ProgressBar(total=30, length=10)
    run(bar, 30, seen())
    run(bar, 30, seen(), epoch=2)
    assert len(reports()) == 20
    assert reports()[0].startswith("Epoch[1] [=---------] 10% 3/30") and reports()[0].endswith(" accuracy=0.5000")
    assert reports()[19].startswith("Epoch[2] [==========] 100% 30/30")


def test_progress_bar_redraws_on_a_terminal(reports, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    run(ProgressBar(total=3, length=4), 3, seen())
    text = capsys.readouterr().err
    assert text.startswith("\r\x1b[2KEpoch[1] [=---]") and text.endswith("accuracy=0.5000\n")
    assert "[====] 100% 3/3" in text and text.count("\n") == 1 and reports() == []


def test_progress_bar_fits_the_terminal_and_ends_with_the_announced_batches(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "70")
    run(ProgressBar(total=2), 4, seen())
    text = capsys.readouterr().err
    rows = text.replace("\x1b[2K", "").strip().split("\r")
    assert text.count("\n") == 1 and rows[-1].startswith("Epoch[1] [=") and "2/2" in rows[-1]
    assert max(map(len, rows)) < 70
