"""Tables and pictures of networks: `print_summary` and `plot_network`.

import mx_viz
mx_viz.print_summary(symbol, shape={"data": (1, 3, 224, 224)})
"""

from .visualization import Layer, Summary, plot_network, print_summary, summarize

__version__ = "0.1.0"
__all__ = ["Layer", "Summary", "plot_network", "print_summary", "summarize"]
