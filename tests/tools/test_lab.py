"""make lab：渲染 MyST 语法的扩展与锁定的 JupyterLab 合得来。"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_myst_extension_is_compatible():
    jupyter = Path(sys.executable).parent / "jupyter"
    listed = subprocess.run(
        [str(jupyter), "labextension", "list"], capture_output=True, text=True, timeout=60
    )
    output = listed.stdout + listed.stderr
    assert "jupyterlab-myst" in output
    assert "not compatible" not in output
