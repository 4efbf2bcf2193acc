"""Evaluation metrics, computed with NumPy from labels and predictions."""

from .classification import Accuracy, TopKAccuracy
from .composite import CompositeEvalMetric
from .custom import CustomMetric, np
from .likelihood import CrossEntropy, NegativeLogLikelihood, Perplexity
from .loss import Loss
from .metric import EvalMetric, check_label_shapes, register
from .registry import create
from .regression import MAE, MSE, RMSE

__all__ = [
    "MAE",
    "MSE",
    "RMSE",
    "Accuracy",
    "CompositeEvalMetric",
    "CrossEntropy",
    "CustomMetric",
    "EvalMetric",
    "Loss",
    "NegativeLogLikelihood",
    "Perplexity",
    "TopKAccuracy",
    "check_label_shapes",
    "create",
    "np",
    "register",
]
