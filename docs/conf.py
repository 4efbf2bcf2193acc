"""Sphinx: the guides are Markdown, the reference is read from the installed packages."""

import importlib
import pkgutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE))
from performance.plots import write_results  # noqa: E402

PACKAGES = [path.parent.name for path in sorted(HERE.parent.glob("packages/*/src/*/py.typed"))]

project = "mx"
author = "the authors of mx"
copyright = author
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "mx"
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_numpy_docstring = False


def fail(module):
    raise  # walk_packages would pass over a module that does not import


def modules(package):
    """The public modules of a package, and the generated ones, whose names begin with an underscore."""
    yield package
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.", fail):
        private = [part for part in module.name.split(".") if part.startswith("_") and part != "_generated"]
        if not private and not module.name.endswith("._generated"):
            yield module.name


def write(path, text):
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def write_reference():
    """A page for each module and a list of them for each package, in docs/reference, which git ignores.

    ``ignore-module-all``: whatever a module hands on has its page where it is defined, and nowhere a second one.
    """
    folder = HERE / "reference"
    wanted = set()
    for package in PACKAGES:
        names = sorted(modules(package))
        for name in names:
            title = name.replace("._generated.", ": operators, ")
            block = f"```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n   :ignore-module-all:\n```\n"
            pages = "".join(f"{n}\n" for n in names if n != package)
            tree = f"\n```{{toctree}}\n:maxdepth: 1\n\n{pages}```\n" if name == package and pages else ""
            write(folder / f"{name}.md", f"# {title}\n{block}{tree}")
            wanted.add(f"{name}.md")
    pages = "".join(f"{package}\n" for package in PACKAGES)
    write(folder / "index.md", f"# Reference\n```{{toctree}}\n:maxdepth: 1\n\n{pages}```\n")
    for path in folder.glob("*.md"):
        if path.name not in {*wanted, "index.md"}:
            path.unlink()


write_reference()
write_results(write)
