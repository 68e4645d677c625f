import numpy as np
from numba import njit


@njit("float64(float64[:])")
def total(xs):
    acc = 0.0
    for x in xs:
        acc += x
    return acc


@njit
def table(n):
    π = np.zeros([n, 2])
    return π


# jitcheck: run total(np.arange(4.0))
if __name__ == "__main__":
    print(total(np.arange(4.0)), table(3))
