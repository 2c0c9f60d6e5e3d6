"""本机上的网站：像真的服务器那样压缩、给出安全响应头，不存在的地址一律返回 404 页。"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from _ext.pages import POLICY

COMPRESSED = ("text/", "image/svg", "application/json", "application/xml")


class Handler(SimpleHTTPRequestHandler):
    """把 ``prefix`` 之下的地址对应到书的文件夹。"""

    timeout = 30  # 浏览器断开得不干净时，线程也会自己结束
    prefix = "/"
    fonts_may_come: threading.Event

    def translate_path(self, path: str) -> str:
        inside = path.removeprefix(self.prefix) if path.startswith(self.prefix) else "\0"
        return super().translate_path("/" + inside)

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path).replace("\0", "_"))
        path = path / "index.html" if path.is_dir() else path
        status = 200 if path.is_file() else 404
        if status == 404:
            path = Path(self.directory) / "404.html"
        if path.suffix == ".woff2":
            self.fonts_may_come.wait(self.timeout)
        content, kind = path.read_bytes(), self.guess_type(path)
        self.send_response(status)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        if kind.startswith(COMPRESSED) or path.suffix == ".js":
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """不往终端写日志。"""


@contextmanager
def serving(
    folder: Path, prefix: str, fonts_may_come: threading.Event | None = None
) -> Iterator[str]:
    """在 127.0.0.1 的空闲端口上提供 ``folder``，给出网站首页的地址；用完即停。

    给了 ``fonts_may_come``，字体要等到它放行才来，好看看没有字体时的版面。
    """

    class BookHandler(Handler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))

    if fonts_may_come is None:
        fonts_may_come = threading.Event()
        fonts_may_come.set()
    BookHandler.prefix, BookHandler.fonts_may_come = prefix, fonts_may_come
    server = ThreadingHTTPServer(("127.0.0.1", 0), BookHandler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
