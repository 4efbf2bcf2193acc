"""The cases of ``bench ops``: a file for each family of operators."""
