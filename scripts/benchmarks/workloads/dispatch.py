"""What a call costs on small arrays, microseconds per operation.

pipelined: many calls and one wait at the end; sync: a wait after each. graph40: twenty times dot and relu as one bound
symbol, per operator. autograd3: record dot, relu and sum, and backward, per step.
"""

PEERS = ["mxnet", "torch", "torch-compile"]


def run(bench):
    run_mx(bench) if bench.is_mx else run_torch(bench)


def both(bench, name, call, sync, wait, per=1):
    rate = lambda s: 1e6 * s / per  # noqa: E731
    bench.time(f"{name}_pipelined_us", "us/op", call, rate, sync, seconds=0.12)
    if wait:
        bench.time(f"{name}_sync_us", "us/op", lambda: wait(call()), rate, sync, seconds=0.12)


def run_mx(bench):
    mx = bench.mx()
    nd, sync = mx.nd, mx.nd.waitall
    x, y, weight = (nd.random.uniform(shape=(10, 10)) for _ in range(3))
    a, b = (nd.random.uniform(shape=(64, 64)) for _ in range(2))
    out = nd.zeros((10, 10))

    def wait(array):
        array.wait_to_read()

    both(bench, "add10x10", lambda: x + y, sync, wait)
    both(bench, "add10x10_out", lambda: nd.elemwise_add(x, y, out=out), sync, None)
    both(bench, "relu10x10", lambda: nd.relu(x), sync, wait)
    both(bench, "sum10x10", lambda: nd.sum(x), sync, wait)
    both(bench, "matmul64", lambda: nd.dot(a, b), sync, wait)
    both(bench, "slice10x10", lambda: x[2:5], sync, None)
    both(bench, "asnumpy10x10", x.asnumpy, sync, None)
    weight.attach_grad()

    def step():
        with mx.autograd.record():
            loss = nd.sum(nd.relu(nd.dot(x, weight)))
        loss.backward()

    both(bench, "autograd3", step, sync, None)
    chain, w = mx.sym.Variable("x"), mx.sym.Variable("w")
    for _ in range(20):
        chain = mx.sym.relu(mx.sym.dot(chain, w))
    graph = chain.bind(mx.cpu(), {"x": x, "w": y}, grad_req="null")
    both(bench, "graph40", graph.forward, sync, lambda outputs: outputs[0].wait_to_read(), per=40)


def run_torch(bench):
    torch = bench.torch()
    x, y = torch.rand(10, 10), torch.rand(10, 10)
    a, b = torch.rand(64, 64), torch.rand(64, 64)
    out, weight = torch.zeros(10, 10), torch.rand(10, 10, requires_grad=True)

    def done():
        pass

    def wait(array):
        pass

    def chain(x, w):
        for _ in range(20):
            x = torch.relu(x @ w)
        return x

    def loss(x, w):
        return torch.relu(x @ w).sum()

    if bench.compiled:
        chain, loss = torch.compile(chain), torch.compile(loss)
    else:
        both(bench, "add10x10", lambda: x + y, done, wait)
        both(bench, "add10x10_out", lambda: torch.add(x, y, out=out), done, None)
        both(bench, "relu10x10", lambda: torch.relu(x), done, wait)
        both(bench, "sum10x10", lambda: torch.sum(x), done, wait)
        both(bench, "matmul64", lambda: a @ b, done, wait)
        both(bench, "slice10x10", lambda: x[2:5], done, None)
        both(bench, "asnumpy10x10", lambda: x.numpy().copy(), done, None)

    def step():
        weight.grad = None
        loss(x, weight).backward()

    both(bench, "autograd3", step, done, None)
    with torch.no_grad():
        both(bench, "graph40", lambda: chain(x, y), done, wait, per=40)
