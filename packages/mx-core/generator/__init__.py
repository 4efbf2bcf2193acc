"""Turns the operator registry of libmx into Python modules. Run by ../generate.py."""
