"""批改作业：``python -m grader`` 发放、收取、批改、汇总、反馈；学生的代码只在沙箱里运行。"""

import sys

# jsonschema 为检查 IRI 的格式要花两秒建一部语法，而这里没有 IRI；找不到它，就跳过这项检查。
sys.modules.setdefault("rfc3987_syntax", None)
