import numpy as np
from numba import njit
