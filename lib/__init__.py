"""《交叉熵》随书的小库：信息量、softmax 与交叉熵损失，只依赖 NumPy。

真实在前、预测在后；信息量函数默认比特，损失函数默认奈特，`base` 随时可改。
"""

from .information import cross_entropy, entropy, self_information
from .labels import one_hot, smooth_labels
from .log_sum_exp import log_softmax, logsumexp, softmax
from .logistic import log_sigmoid, logit, sigmoid
from .losses import (
    binary_cross_entropy,
    categorical_cross_entropy,
    sparse_categorical_cross_entropy,
)
from .relative_entropy import kl_divergence
from .sigmoid_losses import sigmoid_cross_entropy, sigmoid_cross_entropy_value_and_grad
from .softmax_losses import softmax_cross_entropy, softmax_cross_entropy_value_and_grad

__all__ = [
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "cross_entropy",
    "entropy",
    "kl_divergence",
    "log_sigmoid",
    "log_softmax",
    "logit",
    "logsumexp",
    "one_hot",
    "self_information",
    "sigmoid",
    "sigmoid_cross_entropy",
    "sigmoid_cross_entropy_value_and_grad",
    "smooth_labels",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_value_and_grad",
    "sparse_categorical_cross_entropy",
]
