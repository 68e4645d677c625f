"""Sum of squares of a float array."""
import numpy as np
from numba import njit


@njit
def sum_of_squares(data):
    total = 0.0
    for i in range(len(data)):
        total += data[i] ** 2
    return total


def make_args():
    return (np.linspace(0.0, 1.0, 1001),)


if __name__ == "__main__":
    print(sum_of_squares(np.linspace(0.0, 1.0, 1001)))
