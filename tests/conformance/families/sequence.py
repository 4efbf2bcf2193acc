"""The ends, masks and reversals of sequences of unequal length."""

from conformance.values import FLOATS, INTEGERS, integers, special, uniform


def design(d) -> None:
    for shape in ((4, 2), (4, 2, 3), (1, 1, 1), (7, 5, 3, 2), (33, 5, 17)):
        d.add(uniform(*shape))
        lengths = integers(shape[1], low=1, high=shape[0] + 1)
        d.add(uniform(*shape), lengths, use_sequence_length=True, gradients=(0,))
    if d.name != "SequenceReverse":  # 1.9.1 takes axis 0 alone there
        d.add(uniform(2, 4, 3), axis=1)
        d.add(uniform(2, 4, 3), integers(2, low=1, high=5), use_sequence_length=True, axis=1, gradients=(0,))
    d.add(uniform(2, 4, 3), integers(2, low=1, high=3), use_sequence_length=True, axis=0, gradients=(0,))
    for dtype in FLOATS + INTEGERS:
        lengths = integers(3, low=1, high=5, dtype=dtype)
        d.add(uniform(4, 3, 2, dtype=dtype), lengths, use_sequence_length=True, gradients=(0,))
    d.add(uniform(4, 3, 2), integers(3, low=1, high=5, dtype="int32"), use_sequence_length=True, gradients=(0,))
    d.add(special(4, 2, 2), integers(2, low=1, high=5), use_sequence_length=True, gradients=(0,))
    if d.name == "SequenceMask":
        for value in (-1.0, 7.5):
            d.add(uniform(4, 3), integers(3, low=0, high=5), use_sequence_length=True, value=value, gradients=(0,))
