"""The namespaces of mx_core.ndarray and mx_core.symbol: which operator belongs where, and how it is called there."""

# Prefixes of names, and the namespaces that they belong to. Other names with an underscore are in _internal.
NAMESPACES = {
    "_contrib_": "contrib",
    "_linalg_": "linalg",
    "_image_": "image",
    "_random_": "random",  # of these only the names that end with _like
    "_sparse_": "sparse",
}


def namespace_of(name: str) -> tuple[str, str]:
    """(namespace, name there)."""
    for prefix, namespace in NAMESPACES.items():
        if name.startswith(prefix) and (namespace != "random" or name.endswith("_like")):
            return namespace, name.removeprefix(prefix)
    return ("_internal" if name.startswith("_") else "op"), name
