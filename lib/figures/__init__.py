"""全书的插图：每一章一个模块；章节里 ``from lib import figures`` 后一行调用。"""

from lib.figures._style import Illustration as Illustration
from lib.figures.binary import *
from lib.figures.cross_entropy import *
from lib.figures.dog import *
from lib.figures.entropy import *
from lib.figures.frameworks import *
from lib.figures.misconceptions import *
from lib.figures.opening import *
from lib.figures.report import *
from lib.figures.softmax import *
