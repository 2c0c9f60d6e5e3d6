"""make 的每条命令背后的 Python 代码。"""
