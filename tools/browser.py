"""找到本机的 Chromium 与中文字体（没有就用系统的包管理器装），并用 Playwright 打开它。"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tools import debian

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
# 不让它在后台去连外面的网，测到的就只有页面自己的请求。
ARGUMENTS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOW_TO_INSTALL = (
    "没有找到 Chromium 或 Chrome，或者没有中文字体："
    "Debian、Ubuntu 请运行 sudo apt install chromium fontconfig fonts-noto-cjk，"
    "macOS 与 Windows 请安装 Chrome；装在别处的，用环境变量 CHROMIUM 指出它的路径。"
)


class NoBrowserError(Exception):
    """找不到浏览器或中文字体，也装不上；消息说出怎么装。"""


def find() -> str | None:
    """本机的 Chromium 或 Chrome 的路径；没有时返回 None。"""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    candidates += [place for place in PLACES if Path(place).is_file()]
    return next(filter(None, candidates), None)


def has_chinese_font() -> bool:
    """Linux 上有没有中文字体：没有时书上全是方框。别的系统都自带。"""
    if not sys.platform.startswith("linux"):
        return True
    fc_list = shutil.which("fc-list")
    return bool(fc_list and subprocess.check_output([fc_list, ":lang=zh", "family"]).strip())


def missing_packages() -> list[str]:
    """还缺的 Debian 软件包。"""
    missing = [] if find() else ["chromium"]
    return missing if has_chinese_font() else [*missing, "fontconfig", "fonts-noto-cjk"]


def find_or_install() -> str:
    """同 ``find``；缺什么时，以管理员身份运行在 Debian 系的系统（例如 CI）上会先装好它。

    Raises
    ------
    NoBrowserError
        没有，也装不上。
    """
    debian.install(*missing_packages())
    path = find()
    if path is None or not has_chinese_font():
        raise NoBrowserError(HOW_TO_INSTALL)
    return path


def arguments() -> list[str]:
    """启动参数；以 root 运行（容器、CI）时 Chromium 的沙箱用不了。"""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*ARGUMENTS, *(["--no-sandbox"] if is_root else [])]


@contextmanager
def launched() -> Iterator[Browser]:
    """打开的浏览器，用完即关。"""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_or_install(), args=arguments())
        try:
            yield browser
        finally:
            browser.close()


def main() -> int:
    """给脚本用：打印浏览器的路径，没有就说出怎么装。"""
    try:
        print(find_or_install())
    except NoBrowserError as problem:
        print(f"错误：{problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
