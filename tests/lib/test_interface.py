"""公开的接口：名字、参数、默认值、单位、文档里的例子，以及 `import lib` 只带进 NumPy。"""

import doctest
import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lib

INFORMATION = {"base": 2}
CLASSES = {"axis": -1}
LOSS = {"base": np.e, "reduction": "mean"}
INTERFACE = {
    "self_information": (["p"], INFORMATION),
    "entropy": (["p"], INFORMATION | CLASSES),
    "cross_entropy": (["t", "p"], INFORMATION | CLASSES),
    "kl_divergence": (["t", "p"], INFORMATION | CLASSES),
    "sigmoid": (["z"], {}),
    "log_sigmoid": (["z"], {}),
    "logit": (["p"], {}),
    "logsumexp": (["z"], CLASSES),
    "softmax": (["z"], CLASSES | {"temperature": 1.0}),
    "log_softmax": (["z"], CLASSES),
    "one_hot": (["labels", "num_classes"], {}),
    "smooth_labels": (["labels", "num_classes", "epsilon"], {}),
    "categorical_cross_entropy": (["t", "p"], LOSS),
    "sparse_categorical_cross_entropy": (["labels", "p"], LOSS),
    "binary_cross_entropy": (["t", "p"], LOSS),
    "softmax_cross_entropy": (["t", "z"], LOSS),
    "sigmoid_cross_entropy": (["t", "z"], LOSS),
    "softmax_cross_entropy_value_and_grad": (["t", "z"], LOSS),
    "sigmoid_cross_entropy_value_and_grad": (["t", "z"], LOSS),
}
MODULES = [
    m.name for m in pkgutil.iter_modules(lib.__path__) if m.name not in ("figures", "animals")
]


def test_exactly_these_names():
    assert sorted(lib.__all__) == sorted(INTERFACE)


@pytest.mark.parametrize("name", INTERFACE)
def test_signature(name):
    parameters = inspect.signature(getattr(lib, name)).parameters.values()
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    keywords = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    assert (positional, keywords) == INTERFACE[name]


@pytest.mark.parametrize("name", INTERFACE)
def test_docstring(name):
    """单位写在第一行；每一节都在。"""
    doc = inspect.getdoc(getattr(lib, name))
    first = doc.splitlines()[0]
    base = INTERFACE[name][1].get("base")
    unit = {2: "默认单位：比特；`base` 改变单位", np.e: "默认单位：奈特；`base` 改变单位"}
    assert unit[base] in first if base else "单位" in first
    for section in ("Parameters", "Returns", "Raises", "Notes", "Examples"):
        assert f"\n{section}\n{'-' * len(section)}\n" in doc


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings(module):
    module = importlib.import_module(f"lib.{module}")
    assert module.__doc__.splitlines()[0].endswith("。")
    assert doctest.testmod(module).failed == 0


def test_import_brings_in_numpy_only():
    code = "import sys, json, lib; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(lib.__file__).parents[1],
    )
    packages = {name.partition(".")[0] for name in json.loads(run.stdout)}
    installed = packages - set(sys.stdlib_module_names) - {"__main__", "__mp_main__"}
    heavy = {"scipy", "matplotlib", "sklearn", "pandas", "torch", "mpmath", "PIL", "tqdm"}
    assert "numpy" in installed
    assert not installed & heavy
    assert "lib.figures" not in json.loads(run.stdout)
    assert "lib.animals" not in json.loads(run.stdout)
