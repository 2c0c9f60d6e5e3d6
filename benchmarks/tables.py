"""把 results.json 写成 Markdown 表格：打印在终端上，也放进书的附录。"""

from __future__ import annotations

import math
from itertools import pairwise

LIBRARIES = ("lib", "lib（成批）", "SciPy", "scikit-learn", "PyTorch", "Keras")
LIMITS = ("读一遍", "每个元素求一次 exp")


def table(header: list[str], rows: list[list[str]], words: tuple[int, ...] = (0,)) -> str:
    """Markdown 表格；`words` 是文字的列，靠左，其余是数，靠右。"""
    marks = ["---" if column in words else "---:" for column in range(len(header))]
    lines = [header, marks, *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def units(value: float) -> str:
    """末位单位的个数。"""
    if math.isinf(value):
        return "∞"
    if value < 1000:
        return f"{value:.2g}" if value < 10 else f"{value:.0f}"
    exponent = math.floor(math.log10(value))
    return f"${value / 10**exponent:.1f}\\times 10^{{{exponent}}}$"


def accuracy(results: dict, dtype: str) -> str:
    """每个函数一行：lib 的最坏误差（末位单位）与占允许误差的几成，然后是各家的。"""
    rows = [row for row in results["accuracy"] if row["dtype"] == dtype]
    found = {(row["function"], row["library"]): row for row in rows}
    names = [name for name in LIBRARIES if any(row["library"] == name for row in rows)]
    lines = []
    for function in dict.fromkeys(row["function"] for row in rows):
        ours = [name for name in names if name.startswith("lib") and (function, name) in found]
        share = max(found[function, name]["ratio"] for name in ours)
        cells = {name: found.get((function, name)) for name in names}
        shown = [units(row["error"]) if row else "—" for row in cells.values()]
        lines.append([f"`{function}`", f"{share:.2f}", *shown])
    shown_names = [name.removeprefix("lib（").removesuffix("）") for name in names]
    return table(["函数", "用掉", *shown_names], lines)


def summary(results: dict) -> str:
    """一段话说完：准到哪里，快多少，目标达到几项。"""
    ours = [row["ratio"] for row in results["accuracy"] if row["library"].startswith("lib")]
    peers = []
    for name in LIBRARIES[2:]:
        over = [row["ratio"] > 1 for row in results["accuracy"] if row["library"] == name]
        peers.append(f"{name} {len(over)} 项里 {sum(over)} 项")
    against = [row["ratios"]["PyTorch"] for row in results["speed"] if "PyTorch" in row["ratios"]]
    goals = [
        f"对 {name} 的 {len(reached)} 项达到 {sum(reached)} 项"
        for name in LIBRARIES[2:]
        if (reached := reached_targets(results, name))
    ]
    return (
        f"照我们定的误差界，lib 的 {len(ours)} 项里超出的有 {sum(r > 1 for r in ours)} 项，"
        f"误差最大的一项用掉了界的 {100 * max(ours):.0f}%。"
        f"用同一条界看别家，超出的是：{'，'.join(peers)}"
        "（一项是一个函数的一种精度，有一个输入超出就算）。"
        f"大批样本时，PyTorch（CPU，线程数与 lib 相同）的用时是 lib 的 {min(against):.1f} 到 "
        f"{max(against):.1f} 倍。动手之前定的速度目标，{'，'.join(goals)}；"
        "没有达到的在后面逐项写明。"
    )


def reached_targets(results: dict, name: str) -> list[bool]:
    """对一家的每个目标是否达到。"""
    rows = [row for row in results["speed"] if name in row["targets"]]
    return [row["ratios"][name] >= row["targets"][name] for row in rows]


def worst(results: dict, function: str, dtype: str, library: str) -> str:
    """一格：一家的一个函数的最坏误差。"""
    wanted = (function, dtype, library)
    for row in results["accuracy"]:
        if (row["function"], row["dtype"], row["library"]) == wanted:
            return units(row["error"])
    raise KeyError(wanted)


def worst_inputs(results: dict, dtype: str) -> str:
    """各家超出界的误差，界是多少，是哪一个输入造成的。"""
    lines = [
        [
            f"`{row['function']}`",
            row["library"],
            units(row["error"]),
            bound(row),
            f"`{row['arguments']}`",
        ]
        for row in results["accuracy"]
        if row["dtype"] == dtype and row["ratio"] > 1
    ]
    return table(["函数", "库", "误差", "界", "输入"], lines, words=(0, 1, 4))


def bound(row: dict) -> str:
    """这个输入允许的误差。"""
    return "—" if math.isinf(row["error"]) else units(row["error"] / row["ratio"])


def speed(results: dict) -> str:
    """每项任务一行：各家用的毫秒数、lib 快几倍、目标。"""
    lines = []
    for row in results["speed"]:
        milliseconds, ratios = row["milliseconds"], row["ratios"]
        for name, target in row["targets"].items():
            reached = ratios[name] >= target
            lines.append(
                [
                    row["name"],
                    f"{milliseconds['lib']:.1f}",
                    name,
                    f"{milliseconds[name]:.1f}",
                    f"{ratios[name]:.2f}",
                    f"{target:.2f}" + ("" if reached else " ✗"),
                ]
            )
    header = ["任务", "lib（毫秒）", "同行", "同行（毫秒）", "同行 ÷ lib", "目标：至少"]
    return table(header, lines, words=(0, 2))


def other_libraries(results: dict) -> str:
    """没有定目标的同行，也列出来：以 lib 为 1，各要几倍的时间。"""
    rows = [row for row in results["speed"] if len(row["ratios"]) > 1]
    names = [name for name in LIBRARIES[2:] if any(name in row["ratios"] for row in rows)]
    lines = [
        [row["name"], *(f"{row['ratios'][n]:.2f}" if n in row["ratios"] else "—" for n in names)]
        for row in rows
    ]
    return table(["任务", *names], lines)


def limits(results: dict) -> str:
    """只读数据、只求指数各要多久，lib 是其中较慢的几倍。"""
    lines = []
    for row in results["speed"]:
        if all(name in row["ratios"] for name in LIMITS):
            times = [row["milliseconds"][name] for name in LIMITS]
            lines.append(
                [
                    row["name"],
                    *(f"{time:.1f}" for time in times),
                    f"{1 / max(row['ratios'][name] for name in LIMITS):.2f}",
                ]
            )
    return table(["任务", *(f"{name}（毫秒）" for name in LIMITS), "lib ÷ 较慢的一样"], lines)


def missed(results: dict) -> str:
    """没有达到的目标，分开说：NumPy 够不着的，够得着而没有达到的，没有量过上限的。"""
    kinds: dict[str, list[str]] = {name: [] for name in MISSED_KINDS}
    for row in results["speed"]:
        for name, target in row["targets"].items():
            if (ratio := row["ratios"][name]) < target:
                best = best_possible(results, row, name)
                said = f"{row['name']}：要 {target:.2f}，量得 {ratio:.2f}"
                said += f"，只求指数是 {best:.2f}" if best else ""
                kind = "没有上限" if best is None else "够不着" if best < target else "够得着"
                kinds[kind].append(f"- {said}")
    paragraphs = [
        f"{MISSED_KINDS[kind]}\n\n" + "\n".join(lines) for kind, lines in kinds.items() if lines
    ]
    return "\n\n".join(paragraphs) or "在这台机器上，每个目标都达到了。"


MISSED_KINDS = {
    "够不着": "下面几项，哪怕只求指数、别的什么也不做，也达不到目标。这台机器上 NumPy 的指数"
    "比 PyTorch 的慢；要更快，得用 C 一类的语言写成一个循环，读一个数就求指数、加进总和。",
    "够得着": "下面几项，只看求指数是够的；其余的时间花在求和、写出梯度，"
    "以及线程之间交接 Python 的锁上。",
    "没有上限": "下面几项没有单独量过上限：",
}


def best_possible(results: dict, row: dict, name: str) -> float | None:
    """只做省不掉的那两样时，`name` 的用时是它的几倍；梯度用同样大小的损失量得的那两样。"""
    twin = row["name"].replace("_value_and_grad", "")
    for other in results["speed"]:
        times = other["milliseconds"]
        if other["name"] == twin and all(limit in times for limit in LIMITS):
            return row["milliseconds"][name] / max(times[limit] for limit in LIMITS)
    return None


def growth(results: dict) -> str:
    """元素多到十倍时，时间是几倍。"""
    rows = results["growth"]
    steps = [
        f"从 {one['elements']:,} 到 {other['elements']:,} 是 "
        f"{other['milliseconds'] / one['milliseconds']:.1f} 倍"
        for one, other in pairwise(rows)
    ]
    return f"元素每多到十倍，时间的倍数：{'，'.join(steps)}。"


def memory(results: dict) -> str:
    """除输入与输出以外的峰值内存。"""
    lines = [
        [f"`{row['function']}`", f"{row['samples']:,}", f"{row['mebibytes']:.1f}"]
        for row in results["memory"]
    ]
    return table(["函数（10 类，float32）", "样本数", "额外内存（MiB）"], lines)


def environment(results: dict) -> str:
    """机器与版本。"""
    pairs = {**results["machine"], **results["versions"]}
    return table(
        ["名称", "型号或版本"], [[name, value] for name, value in pairs.items()], words=(0, 1)
    )


def import_time(results: dict) -> str:
    """import lib 是 import numpy 的几倍。"""
    measured = results["import"]
    times = measured["milliseconds"]
    row = [f"{times['numpy']:.0f}", f"{times['lib']:.0f}", f"{measured['ratio']:.2f}"]
    return table(["import numpy（毫秒）", "import lib（毫秒）", "倍数"], [row])


def everything(results: dict) -> str:
    """全部表格，打印在终端上。"""
    parts = [
        environment(results),
        *(accuracy(results, dtype) for dtype in ("float64", "float32")),
        speed(results),
        other_libraries(results),
        limits(results),
        memory(results),
        import_time(results),
    ]
    return "\n\n".join(parts)
