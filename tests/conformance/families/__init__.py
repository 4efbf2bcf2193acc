"""Cases of the operators, a module for each family. ``design(d)`` adds those of the operator ``d.name``."""
