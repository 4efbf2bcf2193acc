"""How tests call operators that arrays of one shape alone don't suit.

Shapes of the inputs, parameters, and which inputs hold integers of what range and dtype. Several calls where kernels
have several ways.
"""

SHAPE = (3, 4)
STEP = {"lr": 0.1, "wd": 0.01, "clip_gradient": 0.5}
MANY = {"lrs": (0.1, 0.2), "wds": (0.0, 0.01)}
LAMB = {"learning_rates": (0.1, 0.2), "wds": (0.0, 0.01), "step_count": (1, 2)}

Ranges = dict[int, tuple[int, int, str]]
Example = tuple[list[tuple[int, ...]], dict] | tuple[list[tuple[int, ...]], dict, Ranges]

MODES = ("null", "batch", "valid")

EXAMPLES: dict[str, list[Example]] = {
    "Cast": [([SHAPE], {"dtype": dtype}) for dtype in ("float16", "float64", "int32", "uint8", "bool")],
    "amp_cast": [([SHAPE], {"dtype": "float16"})],
    "clip": [([SHAPE], {"a_min": -0.5, "a_max": 0.75})],
    "add_n": [([SHAPE] * n, {"num_args": n}) for n in (1, 2, 4)],
    "where": [([SHAPE] * 3, {}), ([(3,), SHAPE, SHAPE], {})],
    "Concat": [([(3, 2), (3, 5), (3, 1)], {"num_args": 3, "dim": 1}), ([SHAPE, SHAPE], {"num_args": 2, "dim": 0})],
    "stack": [([SHAPE, SHAPE], {"num_args": 2, "axis": axis}) for axis in (0, 1, 2)],
    "Reshape": [([SHAPE], {"shape": (2, -1)})],
    "SliceChannel": [
        ([(3, 4, 2)], {"num_outputs": 2, "axis": 1}),
        ([(3, 2)], {"num_outputs": 2, "squeeze_axis": True}),
    ],
    "SwapAxis": [([(2, 3, 4)], {"dim1": 0, "dim2": 2})],
    "transpose": [([(2, 3, 4)], {}), ([(2, 3, 4, 5)], {"axes": (0, 2, 3, 1)}), ([(70, 33)], {})],
    "_slice_assign": [([SHAPE, (2, 2)], {"begin": (1, 1), "end": (3, 3)})],
    "_slice_assign_scalar": [([SHAPE], {"begin": (1, 1), "end": (3, 3), "scalar": 2.0})],
    "broadcast_axis": [([(3, 1, 2)], {"axis": 1, "size": 4})],
    "broadcast_like": [([(3, 1), SHAPE], {})],
    "broadcast_to": [([(3, 1)], {"shape": (3, 4)}), ([(1, 1, 5)], {"shape": (2, 3, 5)})],
    "expand_dims": [([SHAPE], {"axis": 1})],
    "squeeze": [([(3, 1, 4)], {})],
    "repeat": [([SHAPE], {"repeats": 3, "axis": 1}), ([SHAPE], {"repeats": 2})],
    "reverse": [([(2, 3, 4)], {"axis": (0, 2)})],
    "slice": [([(6, 5)], {"begin": (5, 1), "end": (0, 5), "step": (-2, 2)})],
    "slice_axis": [([SHAPE], {"axis": 1, "begin": 1, "end": 3})],
    "slice_like": [([SHAPE, (2, 2)], {})],
    "tile": [([SHAPE], {"reps": (2, 1, 3)})],
    "_full": [([], {"shape": SHAPE, "value": 1.5})],
    "_zeros": [([], {"shape": SHAPE})],
    "_ones": [([], {"shape": SHAPE})],
    "_random_uniform": [([], {"shape": (5, 7), "low": -1, "high": 3})],
    "_random_normal": [([], {"shape": (5, 7), "loc": 1, "scale": 2})],
    "norm": [([(5, 6, 7)], {"ord": order, "axis": axis}) for order in (1, 2) for axis in (None, 0, 1, 2, (0, 2))],
    "_random_exponential": [([], {"shape": (5, 7), "lam": 2.5})],
    "_random_gamma": [([], {"shape": (40, 7), "alpha": alpha, "beta": 2.0}) for alpha in (0.4, 3.0)],
    "_random_poisson": [([], {"shape": (40, 7), "lam": lam}) for lam in (3.0, 40.0)],
    "_random_negative_binomial": [([], {"shape": (40, 7), "k": 3, "p": 0.4})],
    "_random_generalized_negative_binomial": [([], {"shape": (40, 7), "mu": 3.0, "alpha": 0.5})],
    "_sample_gamma": [([(3,), (3,)], {"shape": (50,)}), ([(1,), (1,)], {"shape": (50,)}), ([SHAPE, SHAPE], {})],
    "_sample_poisson": [([(3,)], {"shape": (50,)})],
    "_contrib_gradientmultiplier": [([SHAPE], {"scalar": -0.5})],
    "amp_multicast": [([SHAPE, (2,)], {"num_outputs": 2})],
    "moments": [([(5, 6, 7)], {"axes": (0, 2), "keepdims": keep}) for keep in (False, True)],
    "all_finite": [([SHAPE], {}), ([(300, 70)], {})],
    "multi_all_finite": [([SHAPE, (5,)], {"num_arrays": 2})],
    "multi_sum_sq": [([SHAPE, (5,), (300, 70)], {"num_arrays": 3})],
    "reset_arrays": [([SHAPE, (5,)], {"num_arrays": 2})],
    "_contrib_allclose": [([SHAPE, SHAPE], {"atol": atol}) for atol in (0.0, 1.0)],
    **{
        f"_random_pdf_{name}": [([(3, 4, 2), (3,), (3,)], {"is_log": log}) for log in (False, True)]
        for name in ("uniform", "normal", "gamma", "negative_binomial", "generalized_negative_binomial")
    },
    **{
        f"_random_pdf_{name}": [([(3, 4, 2), (3,)], {"is_log": log}) for log in (False, True)]
        for name in ("exponential", "poisson")
    },
    "adam_update": [([SHAPE] * 4, STEP)],
    "ftml_update": [([SHAPE] * 5, {"lr": 0.1, "wd": 0.01, "clip_grad": 0.5, "t": 3})],
    "ftrl_update": [([SHAPE] * 4, STEP)],
    "rmsprop_update": [([SHAPE] * 3, STEP)],
    "rmspropalex_update": [([SHAPE] * 5, {**STEP, "epsilon": 2.0})],
    "signsgd_update": [([SHAPE] * 2, STEP)],
    "signum_update": [([SHAPE] * 3, {**STEP, "momentum": 0.9, "wd_lh": 0.01})],
    "nag_mom_update": [([SHAPE] * 3, {**STEP, "momentum": 0.9})],
    "mp_nag_mom_update": [([SHAPE] * 4, {**STEP, "momentum": 0.9})],
    "_sparse_adagrad_update": [([SHAPE] * 3, STEP)],
    "lamb_update_phase1": [([SHAPE] * 4, {"t": 3, "wd": 0.1})],
    "mp_lamb_update_phase1": [([SHAPE] * 5, {"t": 3, "wd": 0.1})],
    "lamb_update_phase2": [([SHAPE, SHAPE, (1,), (1,)], {"lr": 0.1, "lower_bound": 0.5})],
    "mp_lamb_update_phase2": [([SHAPE, SHAPE, (1,), (1,), SHAPE], {"lr": 0.1})],
    "_contrib_group_adagrad_update": [([SHAPE, SHAPE, (3, 1)], {"lr": 0.1, "clip_gradient": 0.5})],
    "multi_lars": [([(5,)] * 4, {"eta": 0.1, "eps": 0.01})],
    "_adamw_update": [([*[SHAPE] * 4, (1,)], {"lr": 0.1, "eta": 0.5})],
    "_mp_adamw_update": [([*[SHAPE] * 5, (1,)], {"lr": 0.1, "eta": 0.5})],
    "_multi_adamw_update": [([*[SHAPE] * 4, *[(7,)] * 4, (1,)], {**MANY, "etas": (0.5, 1.0), "num_weights": 2})],
    "_multi_mp_adamw_update": [([*[SHAPE] * 5, *[(7,)] * 5, (1,)], {**MANY, "etas": (0.5, 1.0), "num_weights": 2})],
    "_multi_lamb_update": [([*[SHAPE] * 4, *[(7,)] * 4], LAMB)],
    "_multi_mp_lamb_update": [([*[SHAPE] * 5, *[(7,)] * 5], LAMB)],
    "multi_sgd_update": [([*[SHAPE] * 2, *[(7,)] * 2], MANY)],
    "multi_sgd_mom_update": [([*[SHAPE] * 3, *[(7,)] * 3], {**MANY, "momentum": 0.9})],
    "multi_mp_sgd_update": [([*[SHAPE] * 3, *[(7,)] * 3], MANY)],
    "multi_mp_sgd_mom_update": [([*[SHAPE] * 4, *[(7,)] * 4], {**MANY, "momentum": 0.9})],
    "preloaded_multi_sgd_update": [([*[SHAPE] * 2, *[(7,)] * 2, (2,), (2,)], {"num_weights": 2})],
    "preloaded_multi_sgd_mom_update": [([*[SHAPE] * 3, *[(7,)] * 3, (2,), (2,)], {"num_weights": 2})],
    "preloaded_multi_mp_sgd_update": [([*[SHAPE] * 3, *[(7,)] * 3, (2,), (2,)], {"num_weights": 2})],
    "preloaded_multi_mp_sgd_mom_update": [([*[SHAPE] * 4, *[(7,)] * 4, (2,), (2,)], {"num_weights": 2})],
    "sgd_update": [([SHAPE] * 2, {"lr": 0.1, "wd": 0.01, "clip_gradient": 0.5, "rescale_grad": 2.0})],
    "sgd_mom_update": [([SHAPE] * 3, {"lr": 0.1, "momentum": 0.9})],
    "mp_sgd_update": [([SHAPE] * 3, {"lr": 0.1})],
    "mp_sgd_mom_update": [([SHAPE] * 4, {"lr": 0.1, "momentum": 0.9})],
    "dot": [([(3, 4), (4, 5)], {}), ([(4, 3), (5, 4)], {"transpose_a": True, "transpose_b": True})],
    "batch_dot": [([(2, 3, 4), (2, 4, 5)], {})],
    "FullyConnected": [([SHAPE, (5, 4), (5,)], {"num_hidden": 5})],
    "Convolution": [([(2, 3, 5, 5), (4, 3, 3, 3), (4,)], {"kernel": (3, 3), "num_filter": 4})],
    "Deconvolution": [([(2, 3, 4, 4), (3, 2, 3, 3)], {"kernel": (3, 3), "num_filter": 2})],
    "Pooling": [([(2, 3, 5, 5)], {"kernel": (2, 2), "pool_type": kind}) for kind in ("max", "avg", "sum")],
    "BatchNorm": [([(2, 3, 4), (3,), (3,), (3,), (3,)], {"fix_gamma": fixed}) for fixed in (True, False)],
    "Crop": [([(1, 2, 3, 4)], {"h_w": (2, 2), "offset": (1, 1)})],
    "_split_v2": [([(6, 5)], {"indices": (0, 2, 3), "axis": 0}), ([(3, 4)], {"indices": (), "sections": 2})],
    "depth_to_space": [([(2, 8, 3, 2)], {"block_size": 2})],
    "space_to_depth": [([(2, 2, 6, 4)], {"block_size": 2})],
    "diag": [([SHAPE], {"k": 1}), ([(5,)], {"k": -2}), ([(2, 3, 4)], {"axis1": 2, "axis2": 0})],
    "_contrib_boolean_mask": [([SHAPE, (3,)], {})],
    "_linalg_extractdiag": [([(2, 4, 4)], {"offset": -1})],
    "_linalg_makediag": [([(2, 4)], {"offset": 1})],
    "_linalg_sumlogdiag": [([(2, 4, 4)], {})],
    "_linalg_gemm": [([(2, 3, 4), (2, 4, 5), (2, 3, 5)], {"alpha": 2.0})],
    "_linalg_gemm2": [
        ([(2, 3, 4), (2, 4, 5)], {"alpha": 0.5}),
        ([(2, 4, 3), (2, 5, 4)], {"transpose_a": True, "transpose_b": True}),
        ([(2, 3, 6, 4), (2, 4, 6, 5)], {"axis": 1}),  # matrices that lie between each other
    ],
    "_linalg_syrk": [([(2, 3, 4)], {"transpose": transpose, "alpha": 2.0}) for transpose in (False, True)],
    "khatri_rao": [([(3, 4), (2, 4), (5, 4)], {"num_args": 3})],
    "_contrib_interleaved_matmul_selfatt_qk": [([(5, 2, 36)], {"heads": 3})],
    "_contrib_interleaved_matmul_selfatt_valatt": [([(5, 2, 36), (6, 5, 5)], {"heads": 3})],
    "_contrib_interleaved_matmul_encdec_qk": [([(4, 2, 12), (5, 2, 24)], {"heads": 3})],
    "_contrib_interleaved_matmul_encdec_valatt": [([(5, 2, 24), (6, 4, 5)], {"heads": 3})],
    "_linalg_trmm": [([(3, 3), SHAPE], {})],
    # Rows: by a thread (short, or side by side), a warp, a block, and a block that loops.
    **{
        name: [
            *[([(2, 5, 3)], {"axis": axis}) for axis in (0, 1, 2)],
            ([(300, 40)], {}),
            ([(3, 700)], {"temperature": 2.5}),
            ([(2, 3001)], {}),
            ([(2, 900, 3)], {"axis": 1}),
            ([(1, 70, 8193)], {"axis": 1}),
            ([(1, 3)], {"dtype": "float32"}),
        ]
        for name in ("softmax", "softmin", "log_softmax")
    },
    "SoftmaxActivation": [([(2, 3, 4)], {"mode": mode}) for mode in ("instance", "channel")],
    "SoftmaxOutput": [
        ([(5, 7), (5,)], {}, {1: (0, 7, "float32")}),
        ([(5, 7), (5,)], {"normalization": "valid", "use_ignore": True, "ignore_label": 2}, {1: (0, 4, "float32")}),
        ([(5, 7), (5,)], {"normalization": "batch", "smooth_alpha": 0.1, "grad_scale": 3}, {1: (-2, 9, "float32")}),
        ([(2, 4, 3, 3), (2, 3, 3)], {"multi_output": True, "normalization": "batch"}, {1: (0, 4, "float32")}),
        ([(2, 3, 600), (2, 3)], {"preserve_shape": True}, {1: (0, 600, "float32")}),
        ([(5, 7), (5, 7)], {}),
    ],
    "LayerNorm": [
        ([(3, 5), (5,), (5,)], {}),
        ([(300, 33), (33,), (33,)], {"output_mean_var": True}),
        ([(2, 3000), (3000,), (3000,)], {}),
        ([(2, 7, 3), (7,), (7,)], {"axis": 1}),
    ],
    "InstanceNorm": [([(2, 3, 5), (3,), (3,)], {}), ([(2, 3, 20, 30), (3,), (3,)], {"eps": 0.1})],
    "LRN": [
        ([(2, 7, 3, 3)], {"nsize": 5}),
        ([(2, 7, 5)], {"nsize": 4, "alpha": 0.5, "beta": 0.6}),
        ([(1, 3, 8200)], {"nsize": 3, "alpha": 0.1}),
    ],
    "argmax": [([(5, 6, 7)], {"axis": axis}) for axis in (0, 1, 2, None)]
    + [([(3, 30000)], {"axis": 1}), ([(3, 16384)], {"axis": 1}), ([(40, 700)], {"axis": 1, "keepdims": True})],
    "argmax_channel": [([(9, 5)], {})],
    "MakeLoss": [([(33, 5)], {"normalization": n, "grad_scale": 2, "valid_thresh": 0.5}) for n in MODES],
    **{
        name: [([(5, 3), (5, 3)], {"grad_scale": 2}), ([(40, 1), (40,)], {})]
        for name in ("LinearRegressionOutput", "MAERegressionOutput", "LogisticRegressionOutput")
    },
    "Activation": [([(1, 1003)], {"act_type": t}) for t in ("relu", "sigmoid", "tanh", "softrelu", "softsign")],
    "LeakyReLU": [
        *[([(1, 1003)], {"act_type": t}) for t in ("leaky", "elu", "selu", "gelu", "rrelu")],
        ([(2, 3, 4), (3,)], {"act_type": "prelu"}),
        ([(2, 3), (1,)], {"act_type": "prelu"}),
    ],
    "Dropout": [([(33, 17)], {"p": 0.4}), ([(6, 5, 4)], {"p": 0.5, "mode": "always", "axes": (1,)})],
    "_arange": [([], {"start": 0, "stop": 50, "step": 0.5, "repeat": 2}), ([], {"start": 1000})],
    "_linspace": [([], {"start": 0, "stop": 9, "num": 7}), ([], {"start": 0, "stop": 9, "num": 6, "endpoint": False})],
    "_eye": [([], {"N": 5, "M": 7, "k": k}) for k in (0, 2, -1, 9)],
    "_random_randint": [([], {"low": -3, "high": 40, "shape": (5, 13)})],
    "take": [
        ([(6, 4), (3, 2)], {}, {1: (-2, 9, "float32")}),
        ([(6, 4), (50,)], {"mode": "wrap"}, {1: (-20, 20, "int32")}),
        ([(2, 6, 3), (7,)], {"axis": 1, "mode": "raise"}, {1: (0, 6, "int64")}),
        ([(9,), (300,)], {"mode": "clip"}, {1: (0, 9, "float32")}),
        ([(3, 64), (70,)], {"mode": "clip"}, {1: (0, 3, "int32")}),
    ],
    "Embedding": [
        ([(4, 5), (9, 8)], {"input_dim": 9, "output_dim": 8}, {0: (0, 9, "float32")}),
        ([(700,), (3, 5)], {"input_dim": 3, "output_dim": 5}, {0: (0, 3, "int32")}),
    ],
    "batch_take": [([(6, 5), (6,)], {}, {1: (0, 5, "int32")})],
    "pick": [
        ([(6, 5), (6,)], {}, {1: (-1, 7, "float32")}),
        ([(2, 5, 3), (2, 3)], {"axis": 1, "mode": "wrap"}, {1: (-7, 12, "int32")}),
        ([(2, 5, 3), (2, 1, 3)], {"axis": 1, "keepdims": True}, {1: (0, 5, "float32")}),
    ],
    "one_hot": [
        ([(5, 3)], {"depth": 6, "dtype": dtype, "on_value": 3, "off_value": -1}, {0: (-2, 8, "float32")})
        for dtype in ("float32", "float16", "int32", "uint8")
    ],
    "gather_nd": [
        ([(5, 4, 3), (2, 6)], {}, {1: (-4, 4, "int32")}),
        ([(5, 4), (1, 30)], {}, {1: (0, 5, "float32")}),
        ([(5, 4), (2, 7, 2)], {}, {1: (0, 4, "int64")}),
    ],
    "scatter_nd": [
        ([(6, 3), (2, 6)], {"shape": (5, 4, 3)}, {1: (0, 4, "int32")}),
        ([(200,), (1, 200)], {"shape": (7,)}, {1: (-7, 7, "int64")}),
    ],
    "_scatter_set_nd": [([(5, 4), (6, 4), (1, 6)], {"shape": (5, 4)}, {2: (0, 5, "int32")})],
    "UpSampling": [
        ([(1, 2, 3, 3)], {"scale": 2, "sample_type": "nearest", "num_args": 1}),
        ([(2, 3, 4, 4), (2, 1, 8, 8)], {"scale": 4, "sample_type": "nearest", "num_args": 2}),
        (
            [(2, 3, 4, 4), (2, 3, 2, 2)],
            {"scale": 2, "sample_type": "nearest", "num_args": 2, "multi_input_mode": "sum"},
        ),
    ],
    "softmax_cross_entropy": [([SHAPE, (3,)], {}, {1: (0, 4, "float32")})],
    "SequenceLast": [
        ([(5, 3, 4)], {}),
        ([(5, 3, 4), (3,)], {"use_sequence_length": True}, {1: (1, 6, "float32")}),
        ([(3, 5), (3,)], {"use_sequence_length": True, "axis": 1}, {1: (1, 6, "int32")}),
    ],
    "SequenceMask": [
        ([(5, 3, 4)], {}),
        ([(5, 3, 4), (3,)], {"use_sequence_length": True, "value": -1}, {1: (-1, 7, "float32")}),
        ([(3, 5), (3,)], {"use_sequence_length": True, "axis": 1, "value": 2}, {1: (0, 6, "int32")}),
    ],
    "SequenceReverse": [
        ([(5, 3, 4)], {}),
        ([(5, 3, 4), (3,)], {"use_sequence_length": True}, {1: (0, 6, "float32")}),
    ],
    "_ravel_multi_index": [
        ([(2, 6)], {"shape": (5, 7)}, {0: (0, 5, "int64")}),
        ([(3, 300)], {"shape": (0, 7, 9)}, {0: (0, 7, "float32")}),
    ],
    "_unravel_index": [
        ([(7,)], {"shape": (5, 7)}, {0: (0, 35, "int32")}),
        ([(2, 300)], {"shape": (3, 2, 4)}, {0: (0, 24, "float32")}),
    ],
    "_contrib_index_array": [([(2, 3, 4)], {}), ([(2, 3, 40)], {"axes": (2, 0)})],
    "_contrib_index_copy": [
        ([(6, 3), (4,), (4, 3)], {}, {1: (0, 6, "int64")}),
        ([(3, 5), (70,), (70, 5)], {}, {1: (0, 3, "float32")}),
    ],
    "_onehot_encode": [([(5,), (5, 7)], {}, {0: (0, 7, "float32")})],
    "fill_element_0index": [([(5, 7), (5,), (5,)], {}, {2: (0, 7, "float32")})],
    "_contrib_arange_like": [([(2, 3)], {"start": 1, "step": 2}), ([(2, 5)], {"axis": 1, "repeat": 2})],
    "_linalg_extracttrian": [([(2, 4, 4)], {"offset": k, "lower": low}) for k in (0, -1, 2) for low in (True, False)],
    "_linalg_maketrian": [([(2, 6)], {"offset": k, "lower": low}) for k in (0, -1, 2) for low in (True, False)],
    "Pad": [
        *[([(2, 3, 4, 5)], {"mode": m, "pad_width": (0, 0, 0, 0, 1, 2, 3, 1)}) for m in ("edge", "reflect")],
        ([(2, 3, 4, 5)], {"mode": "constant", "pad_width": (1, 0, 0, 0, 0, 2, -1, 3), "constant_value": 2}),
        ([(3, 5)], {"mode": "edge", "pad_width": (-1, 4, 2, -2)}),
        ([(1, 5)], {"mode": "edge", "pad_width": (3, 2, 0, 1)}),
    ],
    "im2col": [
        ([(2, 3, 6, 5)], {"kernel": (3, 2), "stride": (2, 1), "dilate": (1, 2), "pad": (1, 2)}),
        ([(2, 1, 7)], {"kernel": (3,), "stride": (2,)}),
        ([(1, 2, 4, 3, 5)], {"kernel": (2, 3, 2), "pad": (1, 1, 0)}),
    ],
    "col2im": [
        ([(2, 12, 12)], {"output_size": (4, 5), "kernel": (2, 2)}),
        ([(2, 6, 5)], {"output_size": (8,), "kernel": (3,), "stride": (2,), "dilate": (1,), "pad": (1,)}),
    ],
    "_histogram": [([(1003,)], {"bin_cnt": count, "range": (0.25, 7)}) for count in (1, 10, 5000)],
    "_sample_multinomial": [
        ([(4, 7)], {"shape": (5,)}),
        ([(3, 70)], {"shape": (2, 3), "get_prob": True}),
        ([(5,)], {"dtype": "float64", "get_prob": True}),
    ],
    "sort": [
        *[([(2, 5, 3)], {"axis": axis, "is_ascend": up}) for axis in (0, 1, 2, None) for up in (True, False)],
        *[([shape], {"axis": 1}) for shape in ((300, 33), (3, 1025), (2, 2100), (40, 2049), (9, 1))],
    ],
    "argsort": [
        ([(2, 5, 3)], {"axis": 1, "dtype": "int32"}),
        ([(300, 33)], {"is_ascend": False}),
        ([(2, 2100)], {"is_ascend": False}),
        ([(3, 4)], {"axis": None}),
    ],
    "topk": [
        *[([(2, 5, 3)], {"axis": 1, "k": 2, "ret_typ": kind}) for kind in ("both", "indices", "mask", "value")],
        *[([(2, 5, 3)], {"axis": axis, "k": 1, "ret_typ": "both", "is_ascend": True}) for axis in (0, 2, None)],
        ([(3, 2100)], {"k": 5, "ret_typ": "both", "dtype": "int64"}),
        ([(1, 4)], {"k": 1, "ret_typ": "mask"}),
    ],
    **{
        f"_random_pdf_{name}": [
            ([shape, *[shape[:1]] * count], {"is_log": log}) for shape in (SHAPE, (9,)) for log in (False, True)
        ]
        for name, count in {
            **dict.fromkeys(("exponential", "poisson"), 1),
            **dict.fromkeys(("uniform", "normal", "gamma", "negative_binomial", "generalized_negative_binomial"), 2),
        }.items()
    },
    "_random_pdf_dirichlet": [
        ([(2, 4, 5), (2, 5)], {"is_log": True}),
        ([(3, 5), (3, 5)], {}),
        ([(7,), (7,)], {}),
    ],
}
BROADCAST = [([SHAPE, SHAPE], {}), ([(3, 1), SHAPE], {}), ([(2, 1, 4), (3, 1)], {}), ([(1,), (40, 30)], {})]
SCALAR = [([SHAPE], {"scalar": 1.5, "is_int": False}), ([(33, 17)], {"scalar": 2.0})]
REDUCE = [
    ([(5, 6, 7)], {"axis": axis, "keepdims": keep})
    for axis in (None, 0, 1, 2, (0, 2), (1, 2))
    for keep in (False, True)
] + [([(3, 5000)], {"axis": 1}), ([(2000, 40)], {"axis": 0}), ([(20000,)], {})]
# Inputs that are float32 whatever the dtype of the others.
FLOAT32_INPUTS = {
    "BatchNorm": [1, 2, 3, 4],
    "mp_sgd_update": [2],
    "mp_sgd_mom_update": [2, 3],
    "mp_nag_mom_update": [2, 3],
    "mp_lamb_update_phase1": [2, 3, 4],
    "mp_lamb_update_phase2": [1, 2, 3, 4],
    "_mp_adamw_update": [2, 3, 4, 5],
    "_multi_mp_adamw_update": [2, 3, 4, 7, 8, 9, 10],
    "_multi_mp_lamb_update": [2, 3, 4, 7, 8, 9],
    "multi_mp_sgd_update": [2, 5],
    "multi_mp_sgd_mom_update": [2, 3, 6, 7],
    "preloaded_multi_mp_sgd_update": [2, 5, 6, 7],
    "preloaded_multi_mp_sgd_mom_update": [2, 3, 6, 7, 8, 9],
}
EXAMPLES["argmin"] = EXAMPLES["argmax"]
EXAMPLES["_contrib_SparseEmbedding"] = EXAMPLES["Embedding"]
