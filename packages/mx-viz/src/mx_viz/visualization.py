"""Tables and pictures of networks, under the name of the reference's module."""

from .network import plot_network
from .summary import Layer, Summary, print_summary, summarize

__all__ = ["Layer", "Summary", "plot_network", "print_summary", "summarize"]
