"""Both branches give a float: the type is stable."""
from numba import njit


@njit
def stable_type(x, double):
    if double:
        result = x * 2.0
    else:
        result = x * 0.5
    return result


if __name__ == "__main__":
    print(stable_type(3, True))
