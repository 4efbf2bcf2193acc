"""A perceptron 784-128-64-10, batch 100: training by Module and inference, samples/s."""

PEERS = ["mxnet", "torch", "torch-compile"]
BATCH = 100
SHAPE = (BATCH, 784)


def symbol(sym):
    net = sym.Variable("data")
    for hidden in (128, 64):
        net = sym.Activation(sym.FullyConnected(net, num_hidden=hidden), act_type="relu")
    return sym.SoftmaxOutput(sym.FullyConnected(net, num_hidden=10), name="softmax")


def model(torch):
    nn = torch.nn
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))


def run(bench):
    bench.small_network(symbol, model, SHAPE)
