"""What the plugin declares of NVIDIA's libraries by hand, against NVIDIA's own headers where those are installed."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

NATIVE = Path(__file__).resolve().parents[2] / "native"
HEADERS = {
    "cublaslt": ("cublasLt.h", "nvidia-cublas"),
    "cudnn": ("cudnn.h", "nvidia-cudnn-cu13"),
    "nccl": ("nccl.h", "nvidia-nccl-cu13"),
    "nvrtc": ("nvrtc.h", "nvidia-cuda-nvrtc"),
}


def folders() -> list[str]:
    """The include folders of NVIDIA's wheels, and the toolkit's."""
    found = importlib.util.find_spec("nvidia")
    roots = [Path(folder) for folder in found.submodule_search_locations or []] if found else []
    places = [root / piece / "include" for root in roots for piece in ("cu13", "cudnn", "nccl")]
    return [str(place) for place in (*places, Path("/usr/local/cuda/include")) if place.is_dir()]


@pytest.mark.parametrize("source", sorted((NATIVE / "tests/cuda_headers").glob("*.cc")), ids=lambda path: path.stem)
def test_declarations_agree(source):
    header, wheel = HEADERS[source.stem]
    places = folders()
    if not any((Path(place) / header).exists() for place in places):
        pytest.skip(f"{header} is not installed (pip install {wheel})")
    options = [f"-I{NATIVE}", *(f"-isystem{place}" for place in places)]
    result = subprocess.run(["g++", "-std=c++20", "-fsyntax-only", *options, source], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
