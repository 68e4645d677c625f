import numpy as np
from numba import njit


@njit
def damped(n, width):
    out = np.empty(n)
    for i in range(n):
        t = i / n
        out[i] = np.exp(-width * t) * np.cos(40.0 * t)
    return out


# jitcheck: run damped(200, 3.0)
damped(200, 3.0)
