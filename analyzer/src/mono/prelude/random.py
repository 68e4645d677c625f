"""Random numbers of NumPy's legacy generator, made from its uniform ones."""
import math

import numpy as np
from numba import njit


@njit
def numpy_random_uniform(low, high, size):
    return low + np.random.random() * (high - low)


@njit
def numpy_random_uniform_with_size(low, high, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = low + np.random.random() * (high - low)
    return out


@njit
def random_uniform(a, b):
    return a + np.random.random() * (b - a)


@njit
def numpy_random_random_with_size(size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = np.random.random()
    return out


@njit
def numpy_random_rand(n, result_type):
    return numpy_random_random_with_size(n, result_type)
