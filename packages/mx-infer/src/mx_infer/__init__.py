"""Run trained networks: `Predictor` loads `prefix-symbol.json` with `prefix-0001.params` and answers in NumPy arrays.

import mx_infer
predictor = mx_infer.Predictor("lenet", 1)
probabilities = predictor.predict(images)
"""

from .predictor import Predictor

__version__ = "0.1.0"
__all__ = ["Predictor"]
