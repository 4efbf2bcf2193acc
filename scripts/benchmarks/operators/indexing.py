from .case import Case


def lookup(t, words, table):
    return t.nn.functional.embedding(words, table)


def scatter(t, values, points):
    n = 2 * int(len(values) ** 0.5)
    return values.new_zeros(n, n).index_put_(tuple(points), values)


def embedding(n):
    return {"input_dim": 10 * n, "output_dim": 64}


def one_hot(t, i):
    return t.zeros(len(i), len(i)).scatter_(1, i[:, None], 1.0)


def indices(t, x):
    return t.stack(t.meshgrid(*map(t.arange, x.shape), indexing="ij"), -1)


CASES = [
    Case("Embedding", "words table", lookup, embedding),
    Case("_contrib_SparseEmbedding", "words table", lookup, embedding),
    Case("take", "x index", lambda t, x, i: x.index_select(0, i), label="axis 0"),
    Case("take", "x index", lambda t, x, i: x.index_select(1, i), {"axis": 1}, "axis 1"),
    Case("take", "values flat", lambda t, x, i: x[i % len(x)], {"mode": "wrap"}, "numbers"),
    Case("batch_take", "x index", lambda t, x, i: x.gather(1, i[:, None])[:, 0]),
    Case("gather_nd", "x points", lambda t, x, i: x[tuple(i)]),
    Case("scatter_nd", "values points", scatter, lambda n: {"shape": (n, n)}),
    Case(
        "_scatter_set_nd",
        "x values points",
        lambda t, x, v, i: x.index_put_(tuple(i), v),
        lambda n: {"shape": (n, n)},
        out=(0,),
    ),
    Case("one_hot", "index", one_hot, lambda n: {"depth": n}),
    Case("_onehot_encode", "index:float32 x", None),
    Case(
        "fill_element_0index",
        "x vector index:float32",
        lambda t, x, v, i: x.clone().scatter_(1, i[:, None], v[:, None]),
    ),
    Case("_contrib_boolean_mask", "x mask", lambda t, x, m: x[m]),
    Case("_contrib_index_array", "x", indices),
    Case("_contrib_index_copy", "x order y", lambda t, x, i, y: x.index_copy(0, i, y)),
    Case("_ravel_multi_index", "points", lambda t, i: i[0] * 4096 + i[1], {"shape": (4096, 4096)}),
    Case("_unravel_index", "flat", lambda t, i: t.stack(t.unravel_index(i, (4096, 4096))), {"shape": (4096, 4096)}),
]
