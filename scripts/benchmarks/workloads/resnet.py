"""ResNet-18 (v1) on 224 x 224 images: inference of 1 and 16 images and training with 16, images/s.

Training also reports the peak of resident memory, MB.
"""

PEERS = ["mxnet", "torch", "torch-cl", "torch-compile", "torch-compile-cl"]
STAGES = [2, 2, 2, 2]
CLASSES = 1000


def symbol(sym):
    def convolution(x, kernel, filters, stride=1, act=True):
        geometry = {"kernel": (kernel, kernel), "stride": (stride, stride), "pad": (kernel // 2, kernel // 2)}
        x = sym.Convolution(x, num_filter=filters, no_bias=True, **geometry)
        x = sym.BatchNorm(x, fix_gamma=False, eps=1e-5, momentum=0.9)
        return sym.Activation(x, act_type="relu") if act else x

    x = convolution(sym.Variable("data"), 7, 64, 2)
    x = sym.Pooling(x, pool_type="max", kernel=(3, 3), stride=(2, 2), pad=(1, 1))
    for stage, units in enumerate(STAGES):
        filters = 64 << stage
        for unit in range(units):
            stride = 2 if stage and not unit else 1
            y = convolution(convolution(x, 3, filters, stride), 3, filters, act=False)
            x = convolution(x, 1, filters, stride, act=False) if stride > 1 else x
            x = sym.Activation(x + y, act_type="relu")
    x = sym.Pooling(x, global_pool=True, kernel=(7, 7), pool_type="avg")
    return sym.SoftmaxOutput(sym.FullyConnected(sym.Flatten(x), num_hidden=CLASSES), name="softmax")


def model(torch):
    nn = torch.nn

    def convolution(inputs, outputs, kernel, stride=1):
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)
        )

    class Unit(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.first, self.second = convolution(inputs, outputs, 3, stride), convolution(outputs, outputs, 3)
            self.shortcut = convolution(inputs, outputs, 1, stride) if stride > 1 else nn.Identity()

        def forward(self, x):
            return torch.relu(self.shortcut(x) + self.second(torch.relu_(self.first(x))))

    layers, inputs = [convolution(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)], 64
    for stage, units in enumerate(STAGES):
        for unit in range(units):
            layers.append(Unit(inputs, 64 << stage, 2 if stage and not unit else 1))
            inputs = 64 << stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, CLASSES))


def run(bench):
    # Training first: the peak of memory is the process's.
    bench.train(symbol, model, (16, 3, 224, 224), CLASSES, "train_b16", "images/s")
    bench.report("train_b16_peak_rss_mb", "MB", [bench.peak_rss()])
    for batch in (16, 1):
        bench.infer(symbol, model, (batch, 3, 224, 224), CLASSES, f"infer_b{batch}", "images/s")
