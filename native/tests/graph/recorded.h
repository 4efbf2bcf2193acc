// A symbol file as version 1.9.1 writes it. The lines end with a space where a comma ends them.
#pragma once

inline constexpr const char* kRecordedSymbol = R"json({
  "nodes": [
    {
      "op": "null", 
      "name": "data", 
      "attrs": {
        "__lr_mult__": "2.0", 
        "__shape__": "(0, 3)"
      }, 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "fc1_weight", 
      "attrs": {
        "__lr_mult__": "2", 
        "num_hidden": "4"
      }, 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "fc1_bias", 
      "attrs": {
        "__lr_mult__": "2", 
        "num_hidden": "4"
      }, 
      "inputs": []
    }, 
    {
      "op": "FullyConnected", 
      "name": "fc1", 
      "attrs": {
        "__lr_mult__": "2", 
        "num_hidden": "4"
      }, 
      "inputs": [[0, 0, 0], [1, 0, 0], [2, 0, 0]]
    }, 
    {
      "op": "null", 
      "name": "bn1_gamma", 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "bn1_beta", 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "bn1_moving_mean", 
      "attrs": {"__init__": "[\"zero\", {}]"}, 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "bn1_moving_var", 
      "attrs": {"__init__": "[\"one\", {}]"}, 
      "inputs": []
    }, 
    {
      "op": "BatchNorm", 
      "name": "bn1", 
      "inputs": [[3, 0, 0], [4, 0, 0], [5, 0, 0], [6, 0, 1], [7, 0, 1]]
    }, 
    {
      "op": "Activation", 
      "name": "a \"quoted\"\\\n\t", 
      "attrs": {"act_type": "relu"}, 
      "inputs": [[8, 0, 0]]
    }, 
    {
      "op": "SliceChannel", 
      "name": "sl", 
      "attrs": {"num_outputs": "2"}, 
      "inputs": [[9, 0, 0]]
    }, 
    {
      "op": "null", 
      "name": "x0", 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "x1", 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "x2", 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "x3", 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "x4", 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "x5", 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "x6", 
      "inputs": []
    }, 
    {
      "op": "null", 
      "name": "x7", 
      "inputs": []
    }, 
    {
      "op": "Concat", 
      "name": "cc", 
      "attrs": {"num_args": "12"}, 
      "inputs": [
        [10, 1, 0], 
        [10, 0, 0], 
        [11, 0, 0], 
        [12, 0, 0], 
        [13, 0, 0], 
        [14, 0, 0], 
        [15, 0, 0], 
        [16, 0, 0], 
        [17, 0, 0], 
        [18, 0, 0], 
        [10, 0, 0], 
        [9, 0, 0]
      ]
    }, 
    {
      "op": "_plus_scalar", 
      "name": "_plusscalar0", 
      "attrs": {"scalar": "1.5"}, 
      "inputs": [[9, 0, 0]]
    }, 
    {
      "op": "elemwise_mul", 
      "name": "_mul0", 
      "inputs": [[8, 0, 0], [3, 0, 0]]
    }, 
    {
      "op": "null", 
      "name": "softmax_label", 
      "inputs": []
    }, 
    {
      "op": "SoftmaxOutput", 
      "name": "softmax", 
      "inputs": [[9, 0, 0], [22, 0, 0]]
    }
  ], 
  "arg_nodes": [
    0, 
    1, 
    2, 
    4, 
    5, 
    6, 
    7, 
    11, 
    12, 
    13, 
    14, 
    15, 
    16, 
    17, 
    18, 
    22
  ], 
  "node_row_ptr": [
    0, 
    1, 
    2, 
    3, 
    4, 
    5, 
    6, 
    7, 
    8, 
    11, 
    12, 
    14, 
    15, 
    16, 
    17, 
    18, 
    19, 
    20, 
    21, 
    22, 
    23, 
    24, 
    25, 
    26, 
    27
  ], 
  "heads": [[19, 0, 0], [20, 0, 0], [21, 0, 0], [23, 0, 0]], 
  "attrs": {"mxnet_version": ["int", 10901]}
})json";
