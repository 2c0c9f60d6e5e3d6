"""第 6 章的三张表：每一格都由运行那个库得来；表里不多一行，也不少一行。"""

from __future__ import annotations

import json
import os
import re
import subprocess
import warnings
from collections.abc import Iterator
from copy import deepcopy
from functools import cache

import numpy as np
import pytest
from scipy import special

from tests.frameworks import probes
from tools import notebooks, peer_outputs
from tools.benchmark import PYTHON

if not notebooks.frameworks_are_installed():
    pytest.skip("没有装 Keras 与 JAX", allow_module_level=True)

from tests.frameworks.libraries import LIBRARIES

warnings.filterwarnings("ignore", message="Explicitly requested dtype")

NAMES = dict(zip(("表 6.1", "表 6.2", "表 6.3"), probes.TABLES, strict=True))


def table_rows(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """一张 Markdown 表的（库, 函数, 各格）。"""
    for line in re.findall(r"^\| .*\|$", text, flags=re.M)[1:]:
        library, functions, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        for function in re.findall(r"`[^`]+`(?: [^`]+)?", functions):
            yield library, function, cells


def written() -> dict[str, dict[tuple[str, str], list[str]]]:
    """notebook 里的三张表。"""
    notebook = notebooks.read(peer_outputs.CHAPTER)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    tables = {}
    for title, name in NAMES.items():
        (text,) = [text for text in texts if f"**{title}**" in text]
        body = text.split(f"**{title}**")[1].split("\n\n**")[0]
        rows = list(table_rows(body))
        tables[name] = {(lib, f): cells for lib, f, cells in rows}
        assert len(tables[name]) == len(rows), f"{title} 有重复的行"
    return tables


HEADS = {
    "输入": ["参数次序", "预测写成", "标签写成", "标签的类型", "默认归约"],
    "选项": ["不归约时", "类别在哪一轴", "加权的平均除以", "标签平滑", "忽略某些标签"],
    "极端": [
        "概率为 0，float64",
        "概率为 0，float32",
        "logits 差 1000",
        "排除一类",
        "标签为 4，为 −1",
    ],
}


def test_columns_are_what_the_probes_measure():
    source = peer_outputs.CHAPTER.read_text(encoding="utf-8")
    for heads in HEADS.values():
        assert source.count(f"| 库 | 函数 | {' | '.join(heads)} |") == 1


def test_versions_are_the_ones_measured():
    text = "\n".join(c.source for c in notebooks.read(peer_outputs.CHAPTER).cells)
    locked = (notebooks.ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked += (notebooks.ROOT / "requirements-frameworks.lock").read_text(encoding="utf-8")
    locked += (notebooks.ROOT / "benchmarks" / "requirements.txt").read_text(encoding="utf-8")
    for name in ("Keras", "scikit-learn", "SciPy", "optax", "PyTorch"):
        (version,) = re.findall(rf"{name} (\d+\.\d+\.\d+)", text)
        package = {"PyTorch": "torch"}.get(name, name.lower())
        assert f"{package}=={version}" in locked, name


def as_written(function: str) -> str:
    """函数在表里的写法：默认的选项不写出来。"""
    return function.replace("`lib.", "`").replace("(from_logits=False)", "()")


@cache
def measured(library: str) -> dict[str, dict[str, list[str]]]:
    """运行那个库得到的各行；PyTorch 在它自己的环境里运行。"""
    if library != "PyTorch":
        return probes.measure(LIBRARIES[library]())
    return measured_beside_torch(library)


@cache
def measured_beside_torch(library: str) -> dict[str, dict[str, list[str]]]:
    """在装了 PyTorch 的环境里运行那个库；Keras 在那里用 PyTorch 后端。只运行一次。"""
    if not PYTHON.exists():
        pytest.skip("没有装 PyTorch：运行 make benchmark 会装")
    command = [str(PYTHON), "-W", "ignore", "-m", "tests.frameworks", library]
    environment = {
        **os.environ,
        "PYTHONPATH": str(notebooks.ROOT),
        "PYTHONUTF8": "1",
        "KERAS_BACKEND": "torch",
    }
    return json.loads(subprocess.check_output(command, cwd=notebooks.ROOT, env=environment))


def test_every_library_is_in_every_table():
    for rows in written().values():
        assert {library for library, _ in rows} == set(LIBRARIES)


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_cell_is_what_the_library_does(library):
    found, tables = measured(library), written()
    assert not any(found["漏掉"].values())
    for name, rows in tables.items():
        want = {as_written(function): cells for function, cells in found[name].items()}
        got = {function: cells for (owner, function), cells in rows.items() if owner == library}
        assert got == want, name


def test_only_one_loss_weights_the_positives_alone():
    found = {
        f for library in LIBRARIES for f, yes in measured(library)["只给正类加权"].items() if yes
    }
    assert found == {"`binary_cross_entropy_with_logits`"}


def test_keras_on_torch_differs_only_where_the_text_says():
    here, beside_torch = deepcopy((measured("Keras"), measured_beside_torch("Keras")))
    sparse = here["极端"].pop("`SparseCategoricalCrossentropy(from_logits=True)`")
    other = beside_torch["极端"].pop("`SparseCategoricalCrossentropy(from_logits=True)`")
    assert (sparse[-2:], other[-2:]) == (["nan", "0，0"], ["1.10", "报错"])
    assert sparse[:-2] == other[:-2]
    name = "`SparseCategoricalCrossentropy(from_logits=False)`"
    assert beside_torch["极端"][name].pop() == "报错"
    assert here["极端"][name].pop() == "0，0"
    assert here == beside_torch


@pytest.mark.parametrize("library", [name for name in LIBRARIES if name != "PyTorch"])
def test_every_cell_says_something(library):
    """探针认不出来时给出空字；空字不能混进表里。"""
    found = probes.measure(LIBRARIES[library]())
    for name in NAMES.values():
        assert all(cell for cells in found[name].values() for cell in cells)


def dog(function, *, clip: float = 0.0, swap: bool = False, bits: bool = False) -> probes.Row:
    """一个假的库：与正确的相比，只差一处。"""

    def loss(a, b):
        t, p = (b, a) if swap else (a, b)
        if t.ndim == 1:
            t = np.eye(4)[t.astype(int)]
        value = function(-special.xlogy(t, np.maximum(p, clip)).sum(axis=-1))
        return value / np.log(2) if bits else value

    return probes.Row("假的", loss, frozenset({"class_weights"}))


def test_probes_tell_conventions_apart():
    types = "int32、int64、float64"
    right = ["真实在前", "概率", "整数 (N,)、分布 (N, K)", types, "N 个样本的平均"]
    assert probes.inputs(dog(np.mean)) == right
    assert probes.inputs(dog(np.sum))[-1] == "N 个样本的总和"
    assert probes.inputs(dog(np.asarray))[-1] == "不归约"
    assert probes.inputs(dog(np.mean, swap=True))[0] == "预测在前"
    assert probes.inputs(dog(np.mean, bits=True)) == [""] * 5  # 单位不对，一格也填不出
    assert probes.extremes(dog(np.mean))[0] == "∞"
    assert probes.extremes(dog(np.mean, clip=1e-7))[0] == "16.12"
    assert probes.hidden_options(dog(np.mean)) == {"class_weights"}


def test_torch_cell_prints_what_is_stored():
    if not PYTHON.exists():
        pytest.skip("没有装 PyTorch：运行 make benchmark 会装")
    notebook = notebooks.read(peer_outputs.CHAPTER)
    (output,) = peer_outputs.torch_cell(notebook).outputs
    assert output.text == peer_outputs.run(notebook)
    assert output.text.count("0.2549 奈特 = 0.3677 比特") == 5
