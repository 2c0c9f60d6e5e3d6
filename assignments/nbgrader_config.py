"""nbgrader 的课程设置：``python -m grader`` 与 ``nbgrader`` 的各条命令共用这一份。"""

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

from grader.stubs import CutHiddenTests, StubSolutions

c = get_config()  # noqa: F821 —— 由 nbgrader 读入时提供

c.CourseDirectory.course_id = "cross-entropy"
c.ClearSolutions.code_stub = {"python": "# 在这里写你的代码\npass  # 写好以后删去这一行"}
c.ClearSolutions.text_stub = "（双击这里，写下你的回答）"
tidier = {ClearSolutions: StubSolutions, ClearHiddenTests: CutHiddenTests}
steps = GenerateAssignment.preprocessors.default_args[0]
c.GenerateAssignment.preprocessors = [tidier.get(step, step) for step in steps]
