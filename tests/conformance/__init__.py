"""Cases for the operators of MXNet 1.9.1, what it answered to them, and the comparison with what mx answers.

The same cases run in both: the modules here use nothing that only one of the two has.
"""
