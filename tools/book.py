"""构建整本书：``python -m tools.book`` 运行有变化的 notebook，再以“警告即错误”生成 _build/html。"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from nbclient.exceptions import CellExecutionError

from tools import notebooks

ROOT = notebooks.ROOT
BUILD = ROOT / "_build"
LIBRARY = ("lib/**/*.py", "requirements.lock", "requirements-frameworks.lock")
LOOKS = ("_ext/*.py", "_static/**/*", "_templates/**/*")
LOOKS += (
    "benchmarks/tables.py",
    "benchmarks/results.json",
    "_config.yml",
    "_toc.yml",
    "package-lock.json",
    "pyproject.toml",
    "LICENSE",
)
CONTENT = ("chapters/*.ipynb", "appendix/*.ipynb", "appendix/*.md", "intro.md", "references.bib")
WORKERS = os.cpu_count() or 1
PLACEHOLDER = "https://example.org/"


class BuildError(Exception):
    """构建不下去了；消息说出原因与下一步。"""


def fingerprint(patterns: Iterable[str]) -> str:
    """由 Python 的版本与若干文件的名字、内容决定的指纹。"""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted({path for pattern in patterns for path in ROOT.glob(pattern)}):
        if path.is_file():
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def keep_only_if_unchanged(folder: Path, current: str) -> bool:
    """``folder`` 是在别的指纹下产生的就清空它，记下现在的指纹，返回 True。"""
    marker = folder / "fingerprint"
    if marker.is_file() and marker.read_text() == current:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    marker.write_text(current)
    return True


def drop_stale_results() -> Path:
    """丢掉过时的结果，返回 notebook 缓存的位置。

    lib 或依赖变了，所有 notebook 重新运行；配置、扩展、样式变了，所有页面重新生成。
    Sphinx 自己只看得见页面的变化。
    """
    cache = BUILD / ".jupyter_cache"
    keep_only_if_unchanged(cache, fingerprint(LIBRARY))
    if keep_only_if_unchanged(BUILD / ".doctrees", fingerprint((*LIBRARY, *LOOKS))):
        shutil.rmtree(BUILD / "html", ignore_errors=True)
    return cache


def is_cached(cache: JupyterCacheAbstract, path: Path) -> bool:
    """这个 notebook 的代码以前运行过，结果还在缓存里。"""
    try:
        cache.match_cache_notebook(notebooks.read(path))
    except KeyError:
        return False
    return True


def run_into_cache(path: Path) -> tuple[Path, notebooks.NotebookNode, float]:
    """运行一个 notebook，返回它的路径、带输出的内容与用时（秒）。"""
    started = time.monotonic()
    notebook = notebooks.read(path)
    try:
        notebooks.execute(notebook, path.parent)
    except CellExecutionError as error:
        raise BuildError(f"{path.name} 运行出错，请先在 make lab 里改好：\n{error}") from None
    return path, notebook, time.monotonic() - started


def run_changed_notebooks(cache_folder: Path) -> list[Path]:
    """并行运行缓存里没有的 notebook，返回运行了的那些。"""
    cache = get_cache(cache_folder)
    runnable = filter(notebooks.is_runnable, notebooks.notebook_paths())
    changed = [path for path in runnable if not is_cached(cache, path)]
    with ThreadPoolExecutor(WORKERS) as pool:
        pending = [pool.submit(run_into_cache, path) for path in changed]
        for count, done in enumerate(as_completed(pending), start=1):
            path, notebook, seconds = done.result()
            bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            print(f"已运行 {count}/{len(changed)}：{path.name}（{seconds:.0f} 秒）", flush=True)
    return changed


def commit_time() -> str:
    """最近一次提交的时间戳，作为书里一切日期的来源；不在 git 里时取固定值。"""
    finished = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True
    )
    return finished.stdout.strip() or "1700000000"


def epoch() -> str:
    """书里一切日期的来源。"""
    return os.environ.get("SOURCE_DATE_EPOCH") or commit_time()


def run_sphinx() -> None:
    """以“警告即错误”生成 HTML。"""
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "SOURCE_DATE_EPOCH": epoch(), "PYTHONHASHSEED": "0"}
    command = [str(scripts / "jupyter-book"), "build", ".", "-W", "--keep-going"]
    if subprocess.run(command, cwd=ROOT, env=environment).returncode:
        raise BuildError("书没有构建成功：上面每一条警告或错误都要改好。")


def everything_built_from() -> str:
    """决定整本书的一切：全部源头、日期与网址。"""
    settings = f"{epoch()} {os.environ.get('BOOK_URL', '')} {notebooks.frameworks_are_installed()}"
    return f"{fingerprint((*LIBRARY, *LOOKS, *CONTENT))} {settings}"


def is_up_to_date() -> bool:
    """_build/html 就是由现在这些源头构建的。"""
    marker = BUILD / "built-from"
    has_pages = (BUILD / "html" / "index.html").is_file()
    return has_pages and marker.is_file() and marker.read_text() == everything_built_from()


def build() -> None:
    """运行有变化的 notebook，生成页面；成功以后才记下这一份由什么构建。"""
    marker, sources = BUILD / "built-from", everything_built_from()
    marker.unlink(missing_ok=True)
    if not run_changed_notebooks(drop_stale_results()):
        print("notebook 都没有变化，不必重新运行。", flush=True)
    run_sphinx()
    marker.write_text(sources)


def reminder() -> str | None:
    """网址还是占位的时候要说的一句话。"""
    configured = os.environ.get("BOOK_URL") or (ROOT / "_config.yml").read_text(encoding="utf-8")
    if PLACEHOLDER in configured:
        return "要放到网上，先写进正式的网址：make book BOOK_URL=https://你的域名/。自己读不必管。"
    return None


def main() -> int:
    if is_up_to_date():
        print("什么都没有变，不必重新构建。")
    else:
        try:
            build()
        except BuildError as problem:
            print(f"错误：{problem}", file=sys.stderr)
            return 1
    index = BUILD / "html" / "index.html"
    print(f"书构建好了。用浏览器打开 {index}，或运行 make serve 后访问 http://127.0.0.1:8000")
    if hint := reminder():
        print(hint)
    return 0


if __name__ == "__main__":
    sys.exit(main())
