"""与同行同场比较：精度、速度、内存。``make benchmark`` 运行这里的一切，结果写进 results.json。"""
