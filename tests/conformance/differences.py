"""Where mx answers otherwise than MXNet 1.9.1 on purpose, and why.

The guide lists these: ``scripts/record_oracle.py --differences`` writes its table.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from conformance.catalogue import tensor_operators
from conformance.expressions import OTHERWISE
from conformance.store import recorded

GUIDE = Path(__file__).parents[2] / "docs/guide/differences.md"
BEGIN, END = "<!-- written by scripts/record_oracle.py --differences -->", "<!-- until here -->"


@dataclass(frozen=True)
class Difference:
    """Cases of some operators whose ``parts`` (see ``compare.judge``) may disagree. Each operator must need it."""

    operators: tuple
    cases: str  # a regular expression that is found in the names of the cases
    parts: tuple
    what: str
    theirs: str
    ours: str
    why: str

    def covers(self, operator: str, case: str, part: str) -> bool:
        return operator in self.operators and part in self.parts and re.search(self.cases, case) is not None


def family(*names: str, but: tuple = ()) -> tuple:
    """The operators of families."""
    return tuple(name for name, op in tensor_operators().items() if op.family in names and name not in but)


RESULTS = ("outputs", "gradients")

DIFFERENCES: list = []


def wrongly_added() -> list:
    """Operators that do not add to gradients in 1.9.1 when they are asked to."""
    differ = ("differs",)
    return [n for n in tensor_operators() if any(record.get("added") in differ for record in recorded(n).values())]


def table() -> str:
    """The part of the guide that follows from what is recorded."""
    rows = [f"| {d.what} | {d.theirs} | {d.ours} | {d.why} |" for d in (TYPES, *DIFFERENCES)]
    rows += [f"| {what} | {theirs} | {ours} | |" for what, theirs, ours in dict.fromkeys(OTHERWISE.values())]
    names = ", ".join(f"`{name}`" for name in wrongly_added())
    rows.append(f"| `grad_req='add'` of {names} | overwrites, or scales what was there | adds | wrong gradient |")
    return "\n".join([BEGIN, "| what | MXNet 1.9.1 | mx | why |", "| --- | --- | --- | --- |", *rows, END])


def guide() -> str:
    """The guide with that part as it should be."""
    text = GUIDE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{table()}{after}"


def differs(operators: tuple, cases: str, parts: tuple, what: str, theirs: str, ours: str, why: str) -> None:
    DIFFERENCES.append(Difference(operators, cases, parts, what, theirs, ours, why))


# -- everywhere ------------------------------------------------------------------------------------------------------

# The one entry that not every operator needs: what 1.9.1 refuses for its element types is listed nowhere.
TYPES = Difference(
    tuple(tensor_operators()),
    r"^(?!f32\[)([a-z]+\d*)\[\S*( (?!f32\[)[a-z]+\d*\[\S*)*( f32\[\S*)?( \w+=\S*)?( into \S*)?$",
    ("raised", "gradients"),
    "element types: `bool`, integers, float16 and float64",
    "many operators refuse some of them",
    "wherever the mathematics has a meaning",
    "NumPy's rule",
)

differs(
    family("binary_scalar"),
    r"^i32.*is_int=False",
    ("outputs",),
    "`is_int=False` and an array of integers",
    "the result is float64",
    "the result has the dtype of the array",
    "one rule for numbers and arrays: the array decides",
)
differs(
    (
        "_hypot",
        "_hypot_scalar",
        "abs",
        "broadcast_hypot",
        "broadcast_power",
        "erfinv",
        "radians",
        "reciprocal",
        "sigmoid",
        "smooth_l1",
        "square",
    ),
    r"^(i32|i64)\[",
    ("outputs",),
    "integers near the limits of their type",
    "what the conversion of the processor gives",
    "exact where they fit; the nearest limit where a float is too large; 0 for 1/0; wrapped around in products",
    "defined everywhere",
)

# -- functions of single elements ------------------------------------------------------------------------------------

differs(
    ("degrees", "radians", "erf"),
    r"^f64\[",
    RESULTS,
    "constants of `degrees`, `radians` and of the gradient of `erf` in float64",
    "rounded to float32",
    "float64",
    "seven wrong digits",
)
differs(
    ("relu",),
    r"special",
    ("gradients",),
    "gradient of `relu` at NaN",
    "NaN",
    "0: the gradient is that of the output, which is not positive",
    "the memory of the input is not kept",
)
differs(
    ("softsign",),
    r"special",
    ("gradients",),
    "gradient of `softsign` at infinities",
    "0, though the result is NaN",
    "NaN as the result",
    "the memory of the input is not kept",
)
differs(
    ("_maximum", "_minimum", "broadcast_maximum", "broadcast_minimum"),
    r"rolled",
    ("gradients",),
    "gradient of the larger and the smaller of two where one is NaN",
    "reaches neither",
    "reaches the right one",
    "arbitrary",
)
differs(
    ("_mod", "_mod_scalar", "broadcast_mod", "_rmod_scalar"),
    r"rolled|scalar=(0.0|nan)",
    ("gradients",),
    "gradient of `x % 0`",
    "1, NaN",
    "0: the result is 0 for every x",
    "gradient and result agree",
)

# -- conversions and copies ------------------------------------------------------------------------------------------

differs(
    ("amp_cast",),
    r"dtype=(uint8|int8|int32)$",
    ("outputs",),
    "`amp_cast` of float32 to integers",
    "rounds to even",
    "cuts off, as `Cast` does",
    "one rule for conversions",
)
differs(
    ("amp_cast",),
    r"dtype=(float64|int64)$",
    ("raised",),
    "`amp_cast` to and from 64 bits",
    "an error, or foreign memory",
    "works",
    "",
)
differs(
    ("_CrossDeviceCopy",),
    r"",
    ("raised",),
    "`_CrossDeviceCopy` outside of `ctx_group`",
    "an error",
    "a copy",
    "",
)
differs(
    ("_copyto",),
    r"into 1",
    ("gradients",),
    "gradient of `_copyto`",
    "an error",
    "that of a copy",
    "",
)
differs(
    ("_copyto",),
    r"^f32.* f64.*into 1",
    ("raised",),
    "`_copyto` to another dtype",
    "converts",
    "an error; `x.copyto(y)` converts",
    "no operator converts the array that it writes to",
)
differs(
    ("_scatter_set_nd",),
    r"shape=\(3,4\)$",
    ("raised",),
    "`_scatter_set_nd` without `out`",
    "an error",
    "gives a new array",
    "",
)

# -- reductions and softmax ------------------------------------------------------------------------------------------

differs(
    ("max", "min"),
    r"np_shape",
    ("raised",),
    "`max` and `min` over an axis of length 0",
    "an error",
    "-inf and inf",
    "the neutral elements, as `sum` gives 0",
)
differs(
    ("nansum",),
    r"rolled",
    ("outputs",),
    "`nansum` with infinities",
    "NaN",
    "the infinity",
    "infinities are no NaN",
)
differs(
    ("norm",),
    r"out_dtype=",
    ("raised",),
    "`norm(out_dtype=...)`",
    "an error on the CPU",
    "works",
    "",
)
differs(
    ("norm",),
    r"^i64\[",
    ("outputs",),
    "`norm` of integers",
    "sqrt(11) may be 2",
    "3",
    "rounding errors are not cut off",
)
differs(
    ("norm",),
    r"listed\(0\)",
    ("gradients",),
    "gradient of `norm` at zero",
    "NaN",
    "0",
    "a subgradient instead of NaN in the weights",
)
differs(
    ("pick",),
    r"axis=None",
    ("raised",),
    "`pick(axis=None)`",
    "an error, although documented",
    "picks from the flattened array",
    "",
)
differs(
    ("softmax", "log_softmax"),
    r"^f32\[4x4\]:special",
    RESULTS,
    "softmax of rows with NaN or +inf",
    "arbitrary",
    "NaN",
    "NaN must not vanish",
)
differs(
    ("softmax", "log_softmax", "softmin"),
    r" dtype=float",
    RESULTS,
    "`softmax(dtype=...)`",
    "rounds to the dtype of the input first",
    "rounds once, to the dtype asked for",
    "the digits that were asked for are there",
)
differs(
    ("softmax",),
    r"f32\[4\].*use_length=True",
    ("raised",),
    "`softmax(use_length=True)` with lengths in floating point",
    "an error",
    "works",
    "",
)
differs(
    ("SoftmaxActivation",),
    r"^f32\[\d+x\d+x",
    RESULTS,
    "`SoftmaxActivation(mode='instance')` of 3 or more dimensions",
    "softmax of the last axis",
    "softmax over each sample, as documented there",
    "the operator does what it is documented to do",
)
differs(
    ("SoftmaxActivation",),
    r"^f32\[2x3\]\S* mode=channel",
    ("raised",),
    "`SoftmaxActivation(mode='channel')` of a matrix",
    "an error",
    "softmax of axis 1",
    "",
)

# -- shapes and indices ----------------------------------------------------------------------------------------------

differs(
    ("broadcast_axis", "reverse", "transpose"),
    r"axis=-1|axis=\(-3|axis=1,size=3|axes=\(0,-1",
    ("raised",),
    "negative axes in `broadcast_axis`, `reverse` and `transpose`; `broadcast_axis` to the length that an axis has",
    "an error",
    "work as everywhere",
    "",
)
differs(
    ("stack",),
    r"^f32\[2x3\] f32\[3x2\]",
    ("raised",),
    "`stack` of unequal shapes",
    "reads the second in the shape of the first",
    "an error with both shapes",
    "silent garbage",
)
differs(
    ("batch_take",),
    r"f32\[3\]:integers",
    ("raised",),
    "`batch_take` with indices in floating point",
    "an error",
    "works, as in `take`",
    "",
)
differs(
    ("elemwise_div",),
    r"^(u8|i8|i32|i64)\[",
    ("raised",),
    "integer division of arrays by 0",
    "kills the process",
    "0",
    "a crash",
)
differs(
    ("Pad",),
    r"^f32\[3x4\]",
    ("raised",),
    "`Pad` of other than 4 or 5 axes, of the first two axes, and of integers",
    "an error",
    "works",
    "",
)
differs(
    ("im2col", "col2im"),
    r"kernel=\((3,|2,2,2)\)",
    ("raised",),
    "`im2col` and `col2im` with 1 or 3 spatial axes",
    "an error, though documented",
    "work",
    "",
)
differs(
    ("diag",),
    r"k=9",
    ("raised",),
    "`diag` with a diagonal beyond the matrix",
    "an error",
    "an empty array",
    "NumPy's rule",
)
differs(
    ("sort",),
    r"distinct\(0.125\)$",
    ("gradients",),
    "`sort` without `axis` while gradients are recorded",
    "an error",
    "works",
    "",
)
differs(
    ("_contrib_SparseEmbedding",),
    r"",
    ("gradients",),
    "`SparseEmbedding` with a dense weight",
    "has no gradient",
    "has that of `Embedding`",
    "",
)
differs(
    ("_contrib_boolean_mask",),
    r"axis=1",
    ("raised",),
    "`boolean_mask(axis=1)`",
    "an error",
    "works",
    "",
)
differs(
    ("_contrib_boolean_mask",),
    r"^(?!.*axis=1)",
    ("symbol",),
    "`boolean_mask` in a symbol",
    "`bind` works, `simple_bind` and shape inference do not",
    "an error: the shape of its result depends on values",
    "plans of graphs know all shapes",
)
differs(
    ("_contrib_interleaved_matmul_selfatt_qk",),
    r"2x25\]",
    ("raised",),
    "`interleaved_matmul_...` with an axis that is no multiple of what heads need",
    "leaves a rest out",
    "an error",
    "silent garbage",
)

# -- special functions and densities ---------------------------------------------------------------------------------

differs(
    ("erfinv", "gamma", "gammaln", "_random_pdf_dirichlet", "_random_pdf_gamma", "_random_pdf_normal"),
    r"^f64\[",
    RESULTS,
    "float64: the gradients of `erfinv`, `gamma` and `gammaln`, and densities that need the same constants",
    "partly computed in float32",
    "float64",
    "seven wrong digits",
)
differs(
    ("gamma", "gammaln"),
    r"special|listed\(0.001",
    ("gradients",),
    "gradients of `gamma` and `gammaln` at 0, -1, -2 ...",
    "infinite, or very large",
    "infinite at 0 and NaN at the others, where the slope has both signs",
    "1/0 is no number",
)
differs(
    ("_random_pdf_dirichlet", "multi_sum_sq", "ftml_update", "ftrl_update", "_multi_mp_lamb_update"),
    r"^f16\[",
    (*RESULTS, "states"),
    "sums and updates in float16",
    "computed in float16",
    "computed in float32, and rounded once",
    "up to three wrong digits of four",
)

# -- updates ---------------------------------------------------------------------------------------------------------

differs(
    ("_multi_lamb_update", "preloaded_multi_sgd_update", "preloaded_multi_sgd_mom_update"),
    r"^f64\[",
    ("outputs", "states"),
    "updates of float64 weights",
    "partly computed in float32",
    "float64",
    "seven wrong digits",
)
differs(
    ("_adamw_update",),
    r"",
    ("states",),
    "the gradient in `contrib.adamw_update`",
    "overwritten with the clipped one",
    "left alone",
    "an input",
)
differs(
    ("mp_lamb_update_phase2",),
    r"",
    ("states",),
    "the float32 weight in `mp_lamb_update_phase2`",
    "left as it was",
    "updated, as `contrib.multi_mp_lamb_update` does",
    "every step began at the first weight",
)
differs(
    ("mp_lamb_update_phase1",),
    r"^f32\[",
    ("raised",),
    "`mp_lamb_update_phase1` of float32 weights",
    "an error",
    "works, as other updates with float32 copies",
    "",
)
differs(
    ("_sparse_adagrad_update", "_square_sum"),
    r"",
    ("raised",),
    "`sparse.adagrad_update`, `_square_sum` and `contrib.group_adagrad_update` of dense arrays",
    "an error",
    "work",
    "",
)

# -- the rest --------------------------------------------------------------------------------------------------------

differs(
    ("moments",),
    r"^f32\[2x3\]$",
    ("raised",),
    "`moments` without `axes`",
    "an error",
    "over all axes",
    "the rule of other reductions",
)
differs(
    ("amp_multicast",),
    r"f16",
    ("raised",),
    "`amp_multicast` of several types",
    "an error",
    "casts",
    "its purpose",
)
differs(
    ("_zeros_without_dtype",),
    r"",
    ("raised",),
    "`_zeros_without_dtype` with its own default",
    "an error",
    "float32",
    "",
)
