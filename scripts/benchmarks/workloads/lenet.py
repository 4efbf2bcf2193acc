"""LeNet on 28 x 28 images, batch 64: training by Module and inference, samples/s."""

PEERS = ["mxnet", "torch", "torch-compile"]
BATCH = 64
SHAPE = (BATCH, 1, 28, 28)


def symbol(sym):
    net = sym.Variable("data")
    for filters in (20, 50):
        net = sym.Activation(sym.Convolution(net, kernel=(5, 5), num_filter=filters), act_type="tanh")
        net = sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2))
    net = sym.Activation(sym.FullyConnected(sym.Flatten(net), num_hidden=500), act_type="tanh")
    return sym.SoftmaxOutput(sym.FullyConnected(net, num_hidden=10), name="softmax")


def model(torch):
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.Tanh(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.Tanh(), nn.Linear(500, 10),
    )  # fmt: skip


def run(bench):
    bench.small_network(symbol, model, SHAPE)
