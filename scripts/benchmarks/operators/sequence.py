from .case import Case

LENGTHS = {"use_sequence_length": True}


def mask(t, x, lengths):
    outside = t.arange(len(x))[:, None] >= lengths
    return x.masked_fill(outside[:, :, None], 0)


def last(t, x, lengths):
    return x[lengths - 1, t.arange(x.shape[1])]


def reverse(t, x, lengths):
    steps, ends = t.arange(len(x))[:, None], lengths
    return x[t.where(steps < ends, ends - 1 - steps, steps), t.arange(x.shape[1])]


CASES = [
    Case("SequenceMask", "sequence lengths:float32", mask, LENGTHS),
    Case("SequenceLast", "sequence lengths:float32", last, LENGTHS),
    Case("SequenceReverse", "sequence lengths:float32", reverse, LENGTHS),
    Case("SequenceReverse", "sequence", lambda t, x: x.flip(0), label="whole"),
]
