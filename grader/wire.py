"""跨过沙箱边界的普通数据：写成 JSON 再读回来，两边都不信任对方，也从不用 pickle。

沙箱里外各用一份。认得的只有：None、布尔、数、字符串、列表、元组、字典、
数值与字符串的 NumPy 数组和标量，以及按名字提到的函数。子类一律不认：
能带着自己的 ``__eq__`` 混进来的东西，过不了这道边界。
"""

from __future__ import annotations

import base64
import json
import re
import struct
from typing import Any, BinaryIO

import numpy as np

MAX_FRAME = 32 * 1024**2  # 一条消息的字节数
MAX_DEPTH = 40  # 列表套列表的层数
MAX_INTEGER = 3000  # 整数的十六进制位数：再大，运算是负担，Python 也不肯写成十进制
ARRAY_KINDS = "biufcU"
ARRAY_DTYPE = re.compile(rf"[<>|][{ARRAY_KINDS}]\d{{1,9}}")
HEADER = struct.Struct(">I")


class NotPlainError(TypeError):
    """不是普通数据，过不了边界。"""


class BrokenWireError(Exception):
    """对方发来的不成样子，或者已经断开。"""


class FunctionName(str):
    """对方那里的一个函数，只有名字。"""


def encode(value: Any, depth: int = 0) -> list:
    """把普通数据写成 JSON 装得下的样子；不是普通数据时抛出 NotPlainError。"""
    if depth > MAX_DEPTH:
        raise NotPlainError(f"嵌套超过 {MAX_DEPTH} 层")
    kind = type(value)
    if value is None:
        return ["none"]
    if kind is bool:
        return ["bool", value]
    if kind is int:
        return ["int", hex(value)]
    if kind is float:
        return ["float", value.hex()]
    if kind is complex:
        return ["complex", value.real.hex(), value.imag.hex()]
    if kind is str:
        return ["str", value]
    if kind is FunctionName:
        return ["function", str(value)]
    if kind in (list, tuple):
        return [kind.__name__, [encode(item, depth + 1) for item in value]]
    if kind is dict:
        # 键只许是字符串：整数的散列可以预先凑好，让外面建字典要花平方的时间。
        if any(type(key) is not str for key in value):
            raise NotPlainError("字典的键不全是字符串")
        return ["dict", [[key, encode(item, depth + 1)] for key, item in value.items()]]
    if kind is np.ndarray:
        return encode_array("array", value)
    if issubclass(kind, np.generic) and kind.__module__ == "numpy":
        return encode_array("scalar", np.asarray(value))
    raise NotPlainError(f"类型是 {kind.__name__}")


def encode_array(tag: str, array: np.ndarray) -> list:
    if array.dtype.kind not in ARRAY_KINDS:
        raise NotPlainError(f"数组的 dtype 是 {array.dtype}")
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return [tag, array.dtype.str, list(array.shape), data]


def decode(message: Any, depth: int = 0) -> Any:
    """``encode`` 的逆；样子不对时抛出 BrokenWireError。"""
    try:
        return _decode(message, depth)
    except (ValueError, TypeError, OverflowError, MemoryError, SystemError) as problem:
        raise BrokenWireError(f"读不懂的数据：{type(problem).__name__}") from None


def _decode(message: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError("嵌套太深")
    match message:
        case ["none"]:
            return None
        case ["bool", bool(value)]:
            return value
        case ["int", str(digits)] if len(digits) <= MAX_INTEGER:
            return int(digits, 16)
        case ["float", str(digits)]:
            return float.fromhex(digits)
        case ["complex", str(real), str(imaginary)]:
            return complex(float.fromhex(real), float.fromhex(imaginary))
        case ["str", str(text)]:
            return text
        case ["function", str(name)]:
            return FunctionName(name)
        case ["list", list(items)]:
            return [_decode(item, depth + 1) for item in items]
        case ["tuple", list(items)]:
            return tuple(_decode(item, depth + 1) for item in items)
        case ["dict", list(items)]:
            return dict(decode_entry(item, depth + 1) for item in items)
        case ["array", str(dtype), list(shape), str(data)]:
            return decode_array(dtype, shape, data)
        case ["scalar", str(dtype), [], str(data)]:
            return decode_array(dtype, [], data)[()]
    raise ValueError("样子不对")


def decode_entry(entry: Any, depth: int) -> tuple[str, Any]:
    match entry:
        case [str(key), value]:
            return key, _decode(value, depth)
    raise ValueError("样子不对")


def decode_array(dtype: str, shape: list, data: str) -> np.ndarray:
    if not ARRAY_DTYPE.fullmatch(dtype) or any(type(side) is not int for side in shape):
        raise ValueError("样子不对")
    content = base64.b64decode(data, validate=True)
    if dtype == "|b1" and content.strip(b"\0\1"):
        raise ValueError("布尔值只有 0 与 1 两种字节")
    return np.frombuffer(content, dtype=dtype).reshape(shape).copy()


def send(stream: BinaryIO, message: dict) -> None:
    """发一条消息：四字节长度，后面是 JSON；太长时抛出 NotPlainError，什么也不发。"""
    body = json.dumps(message, ensure_ascii=True, allow_nan=False).encode()
    if len(body) > MAX_FRAME:
        raise NotPlainError(f"数据有 {len(body) / 1024**2:.0f} MB，超过 {MAX_FRAME // 1024**2} MB")
    stream.write(HEADER.pack(len(body)) + body)
    stream.flush()


def parse(body: bytes) -> dict:
    """收到的一条消息；不是 JSON 对象时抛出 BrokenWireError。"""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise BrokenWireError("收到的不是 JSON") from None
    if type(message) is not dict:
        raise BrokenWireError("收到的不是 JSON 对象")
    return message
