"""Sum over an integer array, item by item."""
import numpy as np
from numba import njit


@njit
def sum_array(values):
    result = 0
    for value in values:
        result += value
    return result


if __name__ == "__main__":
    print(sum_array(np.arange(1000)))
