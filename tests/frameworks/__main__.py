"""``python -m tests.frameworks PyTorch``：以 JSON 打印一个库在三张表里的各行。"""

import json
import sys

from tests.frameworks.libraries import LIBRARIES
from tests.frameworks.probes import measure

print(json.dumps(measure(LIBRARIES[sys.argv[1]]()), ensure_ascii=False))
