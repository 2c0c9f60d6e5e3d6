"""没有装 Keras 的机器上，第 6 章不运行，页面里是存下的输出。"""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.config import Config

from tools import notebooks


def skip_what_cannot_run(app: Sphinx, config: Config) -> None:
    paths = [path for path in notebooks.chapter_paths() if not notebooks.is_runnable(path)]
    names = [path.relative_to(notebooks.ROOT).as_posix() for path in paths]
    config.nb_execution_excludepatterns = [*config.nb_execution_excludepatterns, *names]


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("config-inited", skip_what_cannot_run)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
