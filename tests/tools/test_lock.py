"""requirements.lock：按哈希安装要能走得通，包括较旧的 pip。"""

from __future__ import annotations

import re
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.notebooks import ROOT

PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[([^]]*)\])?==", re.MULTILINE)


def locked_extras() -> dict[str, set[str]]:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return {name: set(filter(None, extras.split(","))) for name, extras in PINNED.findall(text)}


def test_frameworks_agree_with_the_rest():
    """两份锁装进同一个环境：同一个包不能要两个版本。"""
    pinned = re.compile(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)(.*)", re.MULTILINE)
    both = [
        {(name, marker.rstrip(" \\")): version for name, version, marker in pinned.findall(text)}
        for text in (
            (ROOT / name).read_text(encoding="utf-8")
            for name in ("requirements.lock", "requirements-frameworks.lock")
        )
    ]
    shared = both[0].keys() & both[1].keys()
    assert ("numpy", " ; python_full_version < '3.12'") in shared
    assert {key: both[0][key] for key in shared} == {key: both[1][key] for key in shared}


def test_extras_asked_for_are_locked():
    """pip 23.2 遇到没有锁住的 coverage[toml]，会去找最新的 coverage，然后因为没有哈希而失败。"""
    locked, asked = locked_extras(), 0
    for name in locked:
        try:
            wanted = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # 别的平台才装的
        for requirement in map(Requirement, wanted):
            required = canonicalize_name(requirement.name)
            if requirement.extras and required in locked and requirement.marker is None:
                assert requirement.extras <= locked[required], f"{name} → {requirement}"
                asked += 1
    assert asked > 0
