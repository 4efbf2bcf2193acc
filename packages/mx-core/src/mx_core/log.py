"""Loggers as MXNet's scripts make them: one line a message, with the time and where it comes from.

>>> import mx_core as mx
>>> logger = mx.log.get_logger("training", level=mx.log.INFO)
>>> logger.level == mx.log.INFO
True
"""

import logging
import warnings
from logging import CRITICAL, DEBUG, ERROR, INFO, NOTSET, WARNING

__all__ = ["CRITICAL", "DEBUG", "ERROR", "INFO", "NOTSET", "WARNING", "get_logger"]

_FORMAT = "%(levelname).1s %(asctime)s %(process)d %(name)s:%(funcName)s:%(lineno)d] %(message)s"


def get_logger(
    name: str | None = None, filename: str | None = None, filemode: str | None = None, level: int = WARNING
) -> logging.Logger:
    """Return the logger of that name; the first call gives it its handler.

    Args:
        name: Its name; None: the root logger, which is left as it is.
        filename: Where its messages go; None: to stderr.
        filemode: How the file is opened: "a" unless said otherwise.
        level: Messages below it are left out.
    """
    logger = logging.getLogger(name)
    if name is not None and not logger.handlers:
        handler = logging.FileHandler(filename, filemode or "a") if filename else logging.StreamHandler()
        handler.setFormatter(logging.Formatter(_FORMAT, "%m%d %H:%M:%S"))
        logger.addHandler(handler)
        logger.setLevel(level)
    return logger


def getLogger(*args: object, **kwargs: object) -> logging.Logger:
    """Deprecated: the old name of :func:`get_logger`."""
    warnings.warn("getLogger is deprecated: use get_logger", DeprecationWarning, stacklevel=2)
    return get_logger(*args, **kwargs)  # type: ignore[arg-type]
