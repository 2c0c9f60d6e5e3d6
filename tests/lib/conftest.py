"""lib 的测试共用的东西：参考值、一组 logits、每个函数的一次正确的调用、hypothesis 的设置。"""

import inspect
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import settings

import lib
from benchmarks import grids
from benchmarks import reference as reference_values

# 每次跑的例子都一样，失败可以重现；也不在工作目录里留下例子库。
settings.register_profile("lib", derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile("lib")


@pytest.fixture(scope="session")
def reference():
    """用 mpmath 求的参考值。"""
    return reference_values


@pytest.fixture(scope="session", params=[np.float64, np.float32], ids=["float64", "float32"])
def logit_rows(request):
    return grids.logit_rows(request.param)


class Call(NamedTuple):
    """对一个公开函数的一次正确的调用；关键字可以替换其中的参数。"""

    function: Callable
    arguments: dict

    def __call__(self, **changes):
        return self.function(**{**self.arguments, **changes})

    @property
    def name(self):
        return self.function.__name__

    def arrays(self):
        return {k: v for k, v in self.arguments.items() if isinstance(v, np.ndarray)}

    def accepts(self, option):
        return option in inspect.signature(self.function).parameters

    def kind(self, parameter):
        """这个参数要的是什么：label、logit、distribution（行和为 1）还是 probability。"""
        if self.arguments[parameter] is LABELS:
            return "label"
        if parameter == "z":
            return "logit"
        elementwise = ("self_information", "logit", "binary_", "sigmoid_cross")
        return "probability" if self.name.startswith(elementwise) else "distribution"


# 每个数组都是 (2, 3) 或去掉类别轴的 (2,)；数值都是 2 的幂之和，在任何精度下都没有舍入。
P = np.array([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]])
T = np.array([[0.0, 1.0, 0.0], [0.5, 0.25, 0.25]])
Z = np.array([[0.5, -1.0, 2.0], [-2.5, 3.0, 0.25]])
LABELS = np.array([2, 1])

CALLS = [
    Call(lib.self_information, {"p": P}),
    Call(lib.entropy, {"p": P}),
    Call(lib.cross_entropy, {"t": T, "p": P}),
    Call(lib.kl_divergence, {"t": T, "p": P}),
    Call(lib.sigmoid, {"z": Z}),
    Call(lib.log_sigmoid, {"z": Z}),
    Call(lib.logit, {"p": P}),
    Call(lib.logsumexp, {"z": Z}),
    Call(lib.softmax, {"z": Z}),
    Call(lib.log_softmax, {"z": Z}),
    Call(lib.one_hot, {"labels": LABELS, "num_classes": 3}),
    Call(lib.smooth_labels, {"labels": LABELS, "num_classes": 3, "epsilon": 0.1}),
    Call(lib.categorical_cross_entropy, {"t": T, "p": P}),
    Call(lib.sparse_categorical_cross_entropy, {"labels": LABELS, "p": P}),
    Call(lib.binary_cross_entropy, {"t": T, "p": P}),
    Call(lib.softmax_cross_entropy, {"t": T, "z": Z}),
    Call(lib.softmax_cross_entropy, {"t": LABELS, "z": Z}),
    Call(lib.softmax_cross_entropy_value_and_grad, {"t": T, "z": Z}),
    Call(lib.softmax_cross_entropy_value_and_grad, {"t": LABELS, "z": Z}),
    Call(lib.sigmoid_cross_entropy, {"t": T, "z": Z}),
    Call(lib.sigmoid_cross_entropy_value_and_grad, {"t": T, "z": Z}),
]

# 测试的参数名说明它要走遍什么：`call` 是每个函数，`loss` 是每个损失函数；
# 再加上 `parameter`，走遍每个函数的每个数组参数；加上下面的名字，只走遍那一种参数。
KINDS = {
    "parameter": {"label", "logit", "distribution", "probability"},
    "numeric": {"logit", "distribution", "probability"},
    "probability": {"distribution", "probability"},
    "distribution": {"distribution"},
    "label": {"label"},
}


def _call_id(call):
    return call.name + ("-labels" if call.arguments.get("t") is LABELS else "")


def pytest_generate_tests(metafunc):
    names = set(metafunc.fixturenames)
    for name in names & set(KINDS):
        pairs = [(c, k) for c in CALLS for k in c.arrays() if c.kind(k) in KINDS[name]]
        ids = [f"{_call_id(c)}-{k}" for c, k in pairs]
        metafunc.parametrize(("call", name), pairs, ids=ids)
        return
    if "loss" in names:
        losses = [c for c in CALLS if c.accepts("reduction")]
        metafunc.parametrize("loss", losses, ids=_call_id)
    if "call" in names:
        metafunc.parametrize("call", CALLS, ids=_call_id)


@pytest.fixture(scope="session")
def calls():
    """每个公开函数的一次正确的调用。"""
    return CALLS
