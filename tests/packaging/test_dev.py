"""scripts/dev.py on a copy of this tree, in a path with a space."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECIPE = "docs/contribute/add-an-operator.md"
pytestmark = [pytest.mark.packaging, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    tree = tmp_path_factory.mktemp("a tree") / "my mx"
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in files:
        if name and (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    return tree


def dev(tree, *arguments):
    command = [sys.executable, tree / "scripts/dev.py", *arguments]
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert result.returncode == 0, result.stdout
    return result.stdout


def steps(output):
    """The names of the steps that ran."""
    known = {"environment", "digits", "libmx: configure", "mx-native", "libmx", "mx-core", "operator functions"}
    return [line[3:] for line in output.splitlines() if line.startswith("-- ") and line[3:] in known]


def stop(tree, line, how):
    """Start a build, and stop it and all that it started once it prints ``line``."""
    command = [sys.executable, "-u", tree / "scripts/dev.py", "build"]
    build = subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    seen = []
    for printed in build.stdout:
        seen.append(printed)
        if re.match(line, printed):
            break
    else:
        pytest.fail(f"The build ended without {line!r}:\n{''.join(seen)}")
    os.killpg(build.pid, how)
    build.communicate()
    assert build.returncode != 0, "it ended before it was stopped"


def test_stopped_builds_go_on(tree):
    """Stopped in the environment, in the compiler and in the binding: each start goes on, and the last one ends."""
    stop(tree, "-- environment", signal.SIGINT)
    stop(tree, r"\[\d+/\d+\] Building", signal.SIGKILL)
    stop(tree, "-- mx-core", signal.SIGKILL)
    assert "environment" not in steps(dev(tree, "build"))
    assert "11.0" in dev(tree, "python", "-c", "from mx_core import nd; print(nd.array([11]).asscalar())")


def test_second_run_does_nothing(tree):
    dev(tree, "build")
    output = dev(tree, "build")
    assert output.startswith("-- built in") and len(output.splitlines()) == 1


def recipe(tree):
    """The files of the recipe: blocks of the document whose caption is a path."""
    text = (tree / RECIPE).read_text()
    blocks = re.findall(r"^```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert {Path(path).suffix for path, _ in blocks} == {".cc", ".py"}, "an operator and its test"
    return dict(blocks)


def test_the_recipe_adds_an_operator_at_an_unchanged_version(tree):
    files = recipe(tree)
    for name, text in files.items():
        assert not (tree / name).exists(), f"{name} is already there"
        (tree / name).write_text(text)
    (source,) = (name for name in files if name.endswith(".cc"))
    (test,) = (name for name in files if name.endswith(".py"))
    assert re.search(r"\d passed", dev(tree, "test", test))
    for name in files:
        (tree / name).unlink()
    gone = f"from mx_core import nd; print('there' if hasattr(nd, {Path(source).stem!r}) else 'gone')"
    assert dev(tree, "python", "-c", gone).splitlines()[-1] == "gone"


def test_a_compile_error_is_mended_by_mending_it(tree):
    source = next(iter(sorted((tree / "native/src/op/elementwise").glob("*.cc"))))
    text = source.read_text()
    source.write_text(text + "oops")
    with pytest.raises(AssertionError, match="Mend it"):
        dev(tree, "build")
    source.write_text(text)
    assert "libmx" in steps(dev(tree, "build"))
    assert "-1.0" in dev(tree, "python", "-c", "from mx_core import nd; print((-nd.ones((1,))).asscalar())")


def test_clean_leaves_what_git_knows(tree):
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    subprocess.run(["git", "add", "."], cwd=tree, check=True)
    dev(tree, "clean")
    status = ["git", "status", "--porcelain", "--ignored"]
    left = subprocess.run(status, cwd=tree, check=True, capture_output=True, text=True).stdout.splitlines()
    assert [line for line in left if not line.startswith("A ") and "__pycache__" not in line] == []
