"""Sine and cosine in a loop."""
import math

import numpy as np
from numba import njit


@njit
def sincos(x):
    total = 0.0
    for i in range(len(x)):
        total += math.sin(x[i]) * math.cos(x[i])
    return total


if __name__ == "__main__":
    print(sincos(np.linspace(0.0, 6.0, 1000)))
