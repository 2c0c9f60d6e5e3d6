"""搜索用的术语：从正文里抽出中英对照与定义，再加上几条书里不写、读者却会打的说法。"""

from __future__ import annotations

import re

BOLD_START, BOLD_END = "\ue000", "\ue001"  # 私用区字符：在摊平的文字里标出粗体

# 读者会打、书里却不这样写的说法；每组最后一个是书里的用词。
# “交叉熵（cross-entropy）”这样的对照自动抽取，不写在这里。
EVERYDAY_NAMES = [
    # 别的教材里的名字
    ["信息熵", "香农熵", "Shannon entropy", "熵"],
    ["信息量", "information content", "自信息"],
    ["KL 距离", "KL 散度"],
    ["对数损失", "log loss", "cross-entropy loss", "交叉熵损失"],
    ["负对数似然", "negative log likelihood", "NLL", "对数似然"],
    ["独热编码", "独热", "one-hot"],
    ["均方误差", "MSE", "mean squared error", "平方误差"],
    ["正则化", "regularization", "weight decay", "惩罚"],
    ["逻辑斯谛回归", "对数几率回归", "逻辑回归"],
    ["二元交叉熵", "BCE", "二分类交叉熵"],
    ["反向传播", "backpropagation", "反向"],
    ["数据泄漏", "数据泄露", "data leakage"],
    # 人名的译名
    ["霍夫曼", "哈夫曼", "Huffman"],
    ["吉布斯不等式", "Gibbs 不等式"],
    ["克拉夫特不等式", "Kraft 不等式"],
    # 读者说的是目的或现象，书里写的是办法或原因
    ["数值稳定", "numerical stability", "溢出", "上溢"],
    ["softmax 的导数", "softmax 求导", "softmax derivative", "雅可比矩阵"],
    ["怎么运行", "如何运行", "运行代码", "make lab"],
    ["导数", "derivative", "求导"],
    ["取对数", "用对数", "是对数"],
    # 书里没有写出英文的常用词
    ["gradient", "梯度"],
    ["gradient descent", "梯度下降"],
    ["accuracy", "准确率"],
    ["class imbalance", "类别不平衡"],
]

IN_TWO_LANGUAGES = re.compile(
    rf"(?:{BOLD_START}(?P<bold>[^{BOLD_END}]+){BOLD_END}"
    r"|(?P<plain>(?:\b[A-Za-z-]+ )?[\u4e00-\u9fff]+))"
    r"（(?P<english>[A-Za-z][A-Za-z' -]*[a-z])[），]"
)
# 没有加粗的术语，左边到哪里为止：“这叫阈值（threshold）”里的“叫”。
LEADING_WORDS = re.compile(r".*(?:叫作|叫|是|的|和|由|把|当|传|即|取|折)")
TERM_LENGTHS = range(2, 11)
NOT_TERMS = {"定义", "命题", "证明", "容易弄错", "恰好", "每个"}


def bilingual_groups(marked: str) -> list[list[str]]:
    """正文里的中英对照；“又叫”前后的是同一个东西。

    >>> bilingual_groups("这叫自信息（self-information），又叫惊讶度（surprisal）。")
    [['自信息', 'self-information', '惊讶度', 'surprisal']]
    """
    groups: list[list[str]] = []
    end = 0
    for found in IN_TWO_LANGUAGES.finditer(marked):
        term = found["bold"] or LEADING_WORDS.sub("", found["plain"]).strip()
        if not found["bold"] and (len(term) not in TERM_LENGTHS or "了" in term):
            continue
        if (
            groups
            and re.match(r"，?又叫", marked[end:])
            and found.start() - end < TERM_LENGTHS.stop
        ):
            groups[-1] += [term, found["english"]]
        else:
            groups.append([term, found["english"]])
        end = found.end()
    return groups


def defined_terms(marked: str) -> list[str]:
    """用粗体引出、或者写出了英文的术语；整句的粗体是强调，不算。"""
    bold = re.findall(f"{BOLD_START}([^{BOLD_END}]+?)。?{BOLD_END}", marked)
    named = [term for group in bilingual_groups(marked) for term in group]
    terms = [term for term in bold if len(term) in TERM_LENGTHS and term not in NOT_TERMS]
    return list(dict.fromkeys([*terms, *named]))


def merged(groups: list[list[str]]) -> list[list[str]]:
    """有共同成员的组并成一组，次序以先出现的为准。

    >>> merged([["熵", "entropy"], ["温度", "temperature"], ["信息熵", "熵"]])
    [['熵', 'entropy', '信息熵'], ['温度', 'temperature']]
    """
    result: list[list[str]] = []
    for group in groups:
        known = next((other for other in result if set(other) & set(group)), None)
        if known is None:
            result.append(list(dict.fromkeys(group)))
        else:
            known += [term for term in dict.fromkeys(group) if term not in known]
    return result
