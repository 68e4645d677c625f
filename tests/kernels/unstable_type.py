"""One branch gives an int and the other a float. Numba compiles it as a float: slower than meant, not wrong."""
from numba import njit


@njit
def unstable_type(x, double):
    if double:
        result = x * 2
    else:
        result = x * 0.5
    return result


if __name__ == "__main__":
    print(unstable_type(3, True))
