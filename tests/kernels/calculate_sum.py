"""The sum of the first integers."""
from numba import njit


@njit
def calculate_sum(limit):
    total = 0
    for i in range(limit):
        total += i
    return total


if __name__ == "__main__":
    print(calculate_sum(10_000))
