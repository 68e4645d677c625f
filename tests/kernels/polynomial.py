"""A polynomial at many points, with a run-time power per term."""
import numpy as np
from numba import njit


@njit
def polynomial(data, coeffs):
    result = np.empty_like(data)
    for i in range(len(data)):
        value = 0.0
        for j in range(len(coeffs)):
            value += coeffs[j] * data[i] ** j
        result[i] = value
    return result


if __name__ == "__main__":
    print(polynomial(np.linspace(-1.0, 1.0, 9), np.array([1.0, -2.0, 0.5, 3.0])))
