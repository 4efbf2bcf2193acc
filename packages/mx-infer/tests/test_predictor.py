import threading

import mx_core.ndarray as nd
import mx_core.symbol as sym
import numpy as np
import pytest
from mx_core.base import MXNetError
from mx_infer import Predictor


def network():
    net = sym.FullyConnected(sym.var("data"), num_hidden=5, name="fc1")
    net = sym.Activation(net, act_type="relu", name="relu1")
    net = sym.FullyConnected(net, num_hidden=3, name="fc2")
    return sym.SoftmaxOutput(net, name="softmax")


def parameters(seed=0):
    rng = np.random.default_rng(seed)
    shapes = {"fc1_weight": (5, 4), "fc1_bias": (5,), "fc2_weight": (3, 5), "fc2_bias": (3,)}
    return {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}


def expected(data, params):
    hidden = np.maximum(data @ params["fc1_weight"].T + params["fc1_bias"], 0)
    scores = hidden @ params["fc2_weight"].T + params["fc2_bias"]
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, scores / scores.sum(axis=1, keepdims=True)


def batch(size, seed=1):
    return np.random.default_rng(seed).normal(size=(size, 4)).astype("float32")


@pytest.fixture
def checkpoint(tmp_path):
    """The prefix of a saved network."""
    prefix = tmp_path / "net"
    network().save(f"{prefix}-symbol.json")
    nd.save(f"{prefix}-0007.params", {f"arg:{name}": nd.array(array) for name, array in parameters().items()})
    return prefix


def test_a_checkpoint_predicts(checkpoint):
    predictor = Predictor(checkpoint, 7, {"data": (2, 4)})
    assert predictor.input_names == ["data"]
    assert predictor.output_names == ["softmax_output"]
    result = predictor.predict(batch(2))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected(batch(2), parameters())[1], rtol=1e-5)


@pytest.mark.parametrize("shapes", [None, {"data": (2, 4)}])
def test_any_batch_size(checkpoint, shapes):
    predictor = Predictor(checkpoint, 7, shapes, cache_size=2)
    for size in (2, 7, 1, 2, 9):
        np.testing.assert_allclose(predictor.predict(batch(size)), expected(batch(size), parameters())[1], rtol=1e-5)


def test_results_are_not_overwritten_by_the_next_prediction(checkpoint):
    predictor = Predictor(checkpoint, 7)
    first = predictor.predict(batch(2, seed=1))
    kept = first.copy()
    predictor.predict(batch(2, seed=2))
    np.testing.assert_array_equal(first, kept)


def test_symbol_json_dict_and_bytes_agree(checkpoint):
    data, params = batch(3), parameters()
    answer = expected(data, params)[1]
    contents = checkpoint.with_name("net-0007.params")
    prefixed = {f"arg:{name}": nd.array(array) for name, array in params.items()}
    for source, arrays in [
        (network(), params),
        (network().tojson(), prefixed),
        (f"{checkpoint}-symbol.json", contents.read_bytes()),
        (checkpoint.with_name("net-symbol.json"), contents),
    ]:
        np.testing.assert_allclose(Predictor(source, arrays).predict(data), answer, rtol=1e-5)


def test_the_parameters_are_copied():
    array = nd.array(parameters()["fc1_weight"])
    predictor = Predictor(network(), parameters() | {"fc1_weight": array})
    before = predictor.predict(batch(2))
    array[:] = 0
    np.testing.assert_array_equal(predictor.predict(batch(2)), before)


def test_selected_outputs(checkpoint):
    data = batch(3)
    hidden, probabilities = expected(data, parameters())
    predictor = Predictor(checkpoint, 7, outputs=["softmax", "relu1_output"])
    first, second = predictor.predict({"data": data})
    np.testing.assert_allclose(first, probabilities, rtol=1e-5)
    np.testing.assert_allclose(second, hidden, rtol=1e-5, atol=1e-6)
    only = Predictor(network(), {n: a for n, a in parameters().items() if "fc1" in n}, outputs=["relu1"])
    np.testing.assert_allclose(only.predict(data), hidden, rtol=1e-5, atol=1e-6)


def test_labels_need_no_particular_name():
    net = sym.FullyConnected(sym.var("data"), num_hidden=2, no_bias=True, name="fc")
    net = sym.LinearRegressionOutput(net, sym.var("truth"), name="regression")
    weight = np.ones((2, 4), "float32")
    predictor = Predictor(net, {"fc_weight": weight})
    assert predictor.input_names == ["data"]
    np.testing.assert_allclose(predictor.predict(batch(3)), batch(3) @ weight.T, rtol=1e-5, atol=1e-6)


def test_several_inputs():
    total = sym.var("left") + 2 * sym.var("right")
    predictor = Predictor(total, {})
    left, right = batch(2, 1), batch(2, 2)
    np.testing.assert_allclose(predictor.predict({"left": left, "right": right}), left + 2 * right, rtol=1e-6)
    with pytest.raises(MXNetError, match=r"left.*right"):
        predictor.predict(left)
    with pytest.raises(ValueError, match="the inputs are"):
        predictor.predict({"left": left})


def test_auxiliary_states():
    net = sym.BatchNorm(sym.var("data"), name="bn", fix_gamma=False, eps=1e-5)
    ones = np.ones(2, "float32")
    params = {"bn_gamma": 2 * ones, "bn_beta": ones, "aux:bn_moving_mean": 3 * ones, "aux:bn_moving_var": 4 * ones}
    data = np.random.default_rng(0).normal(size=(2, 2, 3)).astype("float32")
    np.testing.assert_allclose(Predictor(net, params).predict(data), (data - 3) / 2 * 2 + 1, rtol=1e-4, atol=1e-4)
    with pytest.raises(MXNetError, match="bn_moving_var"):
        Predictor(net, {name: array for name, array in params.items() if "var" not in name})


def test_dtype():
    predictor = Predictor(network(), parameters(), dtype="float64", outputs=["fc1"])
    result = predictor.predict(batch(2))
    assert result.dtype == np.float64
    params = parameters()
    np.testing.assert_allclose(result, batch(2) @ params["fc1_weight"].T.astype("float64") + params["fc1_bias"])
    doubles = {name: array.astype("float64") for name, array in params.items()}
    assert Predictor(network(), doubles).predict(batch(2)).dtype == np.float64


def test_classify(checkpoint):
    predictor = Predictor(checkpoint, 7)
    scores = predictor.predict(batch(4))
    best = predictor.classify(batch(4), top_k=2, labels=["cat", "dog", "owl"])
    for row, found in zip(scores, best, strict=True):
        assert [label for label, _ in found] == [["cat", "dog", "owl"][i] for i in np.argsort(-row)[:2]]
        assert [score for _, score in found] == pytest.approx(sorted(row)[::-1][:2])
    assert len(predictor.classify(batch(1))[0]) == 3
    with pytest.raises(ValueError, match="2 labels for 3 classes"):
        predictor.classify(batch(1), labels=["cat", "dog"])


def test_threads_share_a_predictor(checkpoint):
    predictor = Predictor(checkpoint, 7)
    wrong = []

    def work(seed):
        for size in (1, 2, 3):
            data = batch(size, seed)
            result = predictor.predict(data)
            if not np.allclose(result, expected(data, parameters())[1], rtol=1e-4):
                wrong.append((seed, size))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


class TestErrors:
    def test_missing_files(self, checkpoint, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"other-symbol.json"):
            Predictor(tmp_path / "other", 7)
        with pytest.raises(MXNetError, match=r"net-0008.params"):
            Predictor(checkpoint, 8)

    def test_broken_files(self, checkpoint):
        contents = checkpoint.with_name("net-0007.params").read_bytes()
        for broken in (contents[:-9], contents[:11], b"", b"no parameters"):
            with pytest.raises(ValueError, match="holds no parameters"):
                Predictor(network(), broken)
        with pytest.raises(ValueError, match="is no network"):
            Predictor('{"nodes": [', parameters())
        binary = checkpoint.with_name("net-0007.params")
        with pytest.raises(ValueError, match=r"is no (network|symbol file)"):
            Predictor(binary, parameters())

    def test_nameless_parameters(self, tmp_path):
        nd.save(str(tmp_path / "list.params"), [nd.ones((2,))])
        with pytest.raises(ValueError, match="1 arrays without names"):
            Predictor(network(), tmp_path / "list.params")

    @pytest.mark.parametrize("shapes", [None, {"data": (1, 4)}])
    def test_a_missing_parameter(self, shapes):
        params = parameters()
        del params["fc2_weight"]
        with pytest.raises(MXNetError, match=r"lack.*fc2_weight"):
            Predictor(network(), params, shapes)

    def test_wrong_shapes(self, checkpoint):
        predictor = Predictor(checkpoint, 7)
        with pytest.raises(ValueError, match=r"'fc1_weight' has shape \(5, 4\) but must have \(5, 6\)"):
            predictor.predict(np.zeros((2, 6)))
        with pytest.raises(ValueError, match="is empty"):
            predictor.predict(np.zeros((0, 4)))
        with pytest.raises(TypeError, match="holds no numbers"):
            predictor.predict(["cat"])
        np.testing.assert_allclose(predictor.predict(batch(2)), expected(batch(2), parameters())[1], rtol=1e-5)

    def test_unknown_names(self, checkpoint):
        with pytest.raises(IndexError, match="no output 'fc9'"):
            Predictor(checkpoint, 7, outputs=["fc9"])
        with pytest.raises(ValueError, match="image"):
            Predictor(checkpoint, 7, {"image": (1, 4)})
        with pytest.raises(ValueError, match="the inputs are"):
            Predictor(checkpoint, 7).predict({"image": batch(1)})
        with pytest.raises(TypeError, match="a Symbol needs"):
            Predictor(network(), 7)
        with pytest.raises(TypeError, match="list of names"):
            Predictor(checkpoint, 7, outputs="fc1")
