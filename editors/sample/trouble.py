"""Kernels that misbehave: what runs them must not care."""
import numpy as np
from numba import njit


@njit("int64(int64)")
def spin(n):
    while n >= 0:
        n = n ^ 1
    return n


@njit("float64(int64)")
def wild(n):
    a = np.zeros(4)
    a[n] = 1.0
    return a[0]
