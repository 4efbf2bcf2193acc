"""Well-known networks for the tests."""

from mx_core import symbol as sym
from mx_core.symbol import Symbol


def mlp(hidden: tuple[int, ...] = (128, 64), num_classes: int = 10) -> Symbol:
    """Fully connected layers with relu between them, and softmax."""
    net = sym.var("data")
    for number, units in enumerate(hidden, start=1):
        net = sym.FullyConnected(net, num_hidden=units, name=f"fc{number}")
        net = sym.Activation(net, act_type="relu", name=f"relu{number}")
    net = sym.FullyConnected(net, num_hidden=num_classes, name=f"fc{len(hidden) + 1}")
    return sym.SoftmaxOutput(net, name="softmax")


def lenet(num_classes: int = 10) -> Symbol:
    """The network of LeCun's digits for images of 28x28."""
    net = sym.var("data")
    for layer, filters in (("1", 20), ("2", 50)):
        net = sym.Convolution(net, kernel=(5, 5), num_filter=filters, name="conv" + layer)
        net = sym.Activation(net, act_type="tanh", name="tanh" + layer)
        net = sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2), name="pool" + layer)
    net = sym.FullyConnected(sym.Flatten(net, name="flatten"), num_hidden=500, name="fc1")
    net = sym.Activation(net, act_type="tanh", name="tanh3")
    net = sym.FullyConnected(net, num_hidden=num_classes, name="fc2")
    return sym.SoftmaxOutput(net, name="softmax")


def resnet18(num_classes: int = 1000, image_shape: tuple[int, int, int] = (3, 224, 224), width: int = 64) -> Symbol:
    """The residual network with 18 layers (He et al. 2015); images up to 32x32 get the smaller stem for CIFAR."""
    data = sym.var("data")
    if image_shape[1] <= 32:
        net = _convolution(data, width, "stem", kernel=3)
    else:
        net = _convolution(data, width, "stem", kernel=7, stride=2)
        net = sym.Pooling(net, pool_type="max", kernel=(3, 3), stride=(2, 2), pad=(1, 1), name="stem_pool")
    for stage in range(4):
        for block in range(2):
            stride = 2 if stage > 0 and block == 0 else 1
            net = _residual_block(net, width * 2**stage, stride, f"stage{stage + 1}_block{block + 1}")
    net = sym.Pooling(net, pool_type="avg", global_pool=True, kernel=(1, 1), name="pool")
    net = sym.FullyConnected(sym.Flatten(net, name="flatten"), num_hidden=num_classes, name="fc")
    return sym.SoftmaxOutput(net, name="softmax")


def _convolution(data: Symbol, filters: int, name: str, kernel: int, stride: int = 1, relu: bool = True) -> Symbol:
    """Convolution, batch normalization and, if asked for, relu."""
    net = sym.Convolution(
        data,
        kernel=(kernel, kernel),
        stride=(stride, stride),
        pad=(kernel // 2, kernel // 2),
        num_filter=filters,
        no_bias=True,
        name=f"{name}_conv",
    )
    net = sym.BatchNorm(net, fix_gamma=False, eps=1e-5, name=f"{name}_bn")
    return sym.Activation(net, act_type="relu", name=f"{name}_relu") if relu else net


def _residual_block(data: Symbol, filters: int, stride: int, name: str) -> Symbol:
    net = _convolution(data, filters, f"{name}_a", kernel=3, stride=stride)
    net = _convolution(net, filters, f"{name}_b", kernel=3, relu=False)
    shortcut = data if stride == 1 else _convolution(data, filters, f"{name}_down", 1, stride, relu=False)
    return sym.Activation(net + shortcut, act_type="relu", name=f"{name}_relu")
