"""``dev.py test -m gpu``: which plugin it takes, and what it installs (scripts/cuda.py)."""

import os
import shutil

import cuda
import pytest


@pytest.fixture
def done(monkeypatch) -> list:
    """What was built and installed."""
    done = []
    monkeypatch.setattr(cuda, "build", lambda: done.append("plugin") or cuda.PLUGIN)
    monkeypatch.setattr(cuda, "attempt", lambda *command: done.append(command) or 0)
    monkeypatch.setenv("MX_CUDA_PLUGIN", "")  # so that it is as before afterwards
    monkeypatch.delenv("MX_CUDA_PLUGIN")
    return done


def find(program: str | None):
    return lambda name: program if name == "nvidia-smi" else None


def test_without_a_device_the_plugin_is_compiled_and_nothing_installed(done, monkeypatch):
    monkeypatch.setattr(shutil, "which", find(None))
    cuda.prepare_tests()
    assert done == ["plugin"]
    assert os.environ["MX_CUDA_PLUGIN"] == str(cuda.PLUGIN)


def test_with_a_device_its_libraries_are_installed(done, monkeypatch):
    monkeypatch.setattr(shutil, "which", find("/usr/bin/nvidia-smi"))
    cuda.prepare_tests()
    assert done[0] == "plugin"
    assert done[1][:4] == ("uv", "pip", "install", "-q")
    names = [requirement.split(">=")[0] for requirement in done[1][4:]]
    assert names == ["nvidia-cublas", "nvidia-cudnn-cu13", "nvidia-cuda-nvrtc"]


def test_a_plugin_that_is_named_is_taken(done, monkeypatch):
    monkeypatch.setenv("MX_CUDA_PLUGIN", "/some/libmx_cuda.so")
    monkeypatch.setattr(shutil, "which", find(None))
    cuda.prepare_tests()
    assert not done
    assert os.environ["MX_CUDA_PLUGIN"] == "/some/libmx_cuda.so"
