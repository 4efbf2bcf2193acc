"""Loggers of old scripts."""

import logging

from mx_core import log


def test_messages_go_to_the_file_once(tmp_path):
    file = tmp_path / "log.txt"
    for _ in range(2):  # the second call finds the handler of the first
        logger = log.get_logger("mx_test_file", str(file), "w", log.INFO)
    logger.info("seen")
    logger.debug("left out")
    text = file.read_text(encoding="utf-8")
    assert text.count("seen") == 1 and "left out" not in text and text.startswith("I")


def test_the_root_is_left_alone():
    before = list(logging.getLogger().handlers)
    assert log.get_logger() is logging.getLogger()
    assert logging.getLogger().handlers == before
