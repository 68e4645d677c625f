"""A loop inside a loop, over an array and a count."""
import numpy as np
from numba import njit


@njit
def nested_loop(data, m):
    total = 0.0
    for i in range(len(data)):
        for j in range(m):
            total += data[i] * j
    return total


if __name__ == "__main__":
    print(nested_loop(np.arange(100.0), 64))
