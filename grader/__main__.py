"""命令行：``python -m grader 命令 作业``。"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from collections.abc import Callable

from grader.course import Course, CourseError
from grader.sandbox import SandboxUnavailableError

DEFAULT_COURSE = "assignments"


class ChineseHelp(argparse.HelpFormatter):
    """帮助里的固定词语也用中文。"""

    def add_usage(self, usage, actions, groups, prefix=None):
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)


class ChineseParser(argparse.ArgumentParser):
    """帮助与出错时都说中文；出错的细节是 argparse 的，放在括号里。"""

    def __init__(self, **options):
        super().__init__(add_help=False, formatter_class=ChineseHelp, **options)
        self._positionals.title, self._optionals.title = "参数", "选项"
        self.add_argument("-h", "--help", action="help", help="显示这段帮助")

    def error(self, message):
        hint = f"请看 {self.prog} --help"
        self.exit(2, f"{self.format_usage()}错误：命令写得不对（{message}）；{hint}。\n")


def parser() -> argparse.ArgumentParser:
    top = ChineseParser(prog="python -m grader", description=__doc__)
    commands = top.add_subparsers(title="命令", metavar="命令", required=True)

    def add(name: str, run: Callable, summary: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=run)
        command.add_argument("assignment", metavar="作业", help="作业的名字，例如 hw1")
        command.add_argument(
            "--course",
            default=DEFAULT_COURSE,
            metavar="文件夹",
            help="课程的文件夹（默认 assignments）",
        )
        command.add_argument(
            "--db", metavar="地址", help="成绩簿的地址，例如 postgresql+psycopg://用户@主机/库名"
        )
        return command

    command = add("release", run_release, "生成学生版与它的 zip")
    command.add_argument(
        "--due", type=moment, metavar="时间", help='截止时间，例如 "2026-10-12 23:59"'
    )
    command = add("collect", run_collect, "收取：从学习平台导出的文件夹或 zip 里取出每人的提交")
    command.add_argument("source", metavar="来源", help="文件夹或 zip")
    command.add_argument(
        "--roster", metavar="名册", help="CSV，两列 platform,id：平台上的名字与学号"
    )
    command = add("grade", run_grade, "批改全部还没批的提交")
    command.add_argument("--only", nargs="+", default=(), metavar="学生", help="只批这几个学生")
    command.add_argument("--regrade", action="store_true", help="批过的也重批；手工批的分数不动")
    command.add_argument(
        "--workers",
        type=positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help="进程数（默认为核数）",
    )
    command.add_argument(
        "--scheduler", metavar="地址", help="在 Dask 集群上批，例如 tcp://主机:8786"
    )
    command.add_argument(
        "--trust-submissions", action="store_true", help="不隔离：只用于你信得过的提交"
    )
    add("report", run_report, "汇总：grades.csv、分布图、各题得分率、最像的提交")
    add("feedback", run_feedback, "给每个学生写一页反馈")
    return top


def moment(text: str) -> datetime.datetime:
    """本地时间；写得不对时由 argparse 报错。"""
    try:
        return datetime.datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise argparse.ArgumentTypeError(f'“{text}”不是时间，写成 "2026-10-12 23:59"') from None


def positive(text: str) -> int:
    """进程数；写得不对时由 argparse 报错。"""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"“{text}”不是正整数")
    return int(text)


def run_release(course: Course, arguments: argparse.Namespace) -> None:
    from grader.release import release

    print(f"学生版在 {release(course, arguments.assignment, arguments.due)}")


def run_collect(course: Course, arguments: argparse.Namespace) -> None:
    from grader.collect import collect

    collected = collect(course, arguments.assignment, arguments.source, arguments.roster)
    print(collected.summary())


def run_grade(course: Course, arguments: argparse.Namespace) -> None:
    from grader.grading import grade

    results = grade(
        course,
        arguments.assignment,
        students=arguments.only,
        regrade=arguments.regrade,
        workers=arguments.workers,
        scheduler=arguments.scheduler,
        trusted=arguments.trust_submissions,
    )
    for student, result in sorted(results.items()):
        if result.problem:
            print(f"{student}：{result.problem}")
    undone = sum(result.notebook is None for result in results.values())
    print(f"批了 {len(results) - undone} 份。" if results else "没有要批的：都批过了。")
    if undone:
        raise CourseError(f"有 {undone} 份没有批成，原因见上；排除以后再运行一次，只批这几份。")


def run_report(course: Course, arguments: argparse.Namespace) -> None:
    from grader.report import report

    print(report(course, arguments.assignment))


def run_feedback(course: Course, arguments: argparse.Namespace) -> None:
    from grader.feedback import feedback

    print(feedback(course, arguments.assignment))


def main() -> int:
    arguments = parser().parse_args()
    try:
        arguments.run(Course(arguments.course, arguments.db), arguments)
    except (CourseError, SandboxUnavailableError) as problem:
        print(f"错误：{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n已中断；批好的都记下了，再运行一次会接着批。", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
