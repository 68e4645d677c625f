"""Arrays made from shapes, scalars and ranges."""
import math

import numpy as np
from numba import njit


@njit
def numpy_full(shape, fill_value, dtype, result_type):
    out = np.empty(shape, result_type)
    out.fill(fill_value)
    return out


@njit
def numpy_full_like(a, fill_value, dtype, result_type):
    out = np.empty_like(a, result_type)
    out.fill(fill_value)
    return out


@njit
def numpy_ones(shape, dtype, result_type):
    out = np.empty(shape, result_type)
    out.fill(1)
    return out


@njit
def numpy_ones_like(a, dtype, result_type):
    out = np.empty_like(a, result_type)
    out.fill(1)
    return out


@njit
def numpy_arange(start, stop, step, dtype, result_type):
    if step is None:
        by = 1
    else:
        by = step
    if stop is None:
        first, last = 0, start
    else:
        first, last = start, stop
    if by == 0:
        raise ValueError("Maximum allowed size exceeded")
    n = max(int(math.ceil((last - first) / by)), 0)
    out = np.empty(n, result_type)
    for i in range(n):
        out[i] = first + i * by
    return out


@njit
def numpy_linspace(start, stop, num, result_type):
    out = np.empty(num, result_type)
    if num == 0:
        return out
    first = start * 1.0
    last = stop * 1.0
    div = num - 1
    if div > 0:
        step = np.divide(last - first, div)
        for i in range(num):
            out[i] = first + i * step
    else:
        out[0] = first
    if num > 1:
        out[num - 1] = last
    return out


@njit
def numpy_eye(N, M, k, dtype, result_type):
    if M is None:
        cols = N
    else:
        cols = M
    out = np.zeros((N, cols), result_type)
    if k >= 0:
        n = min(N, cols - k)
        for i in range(n):
            out[i, i + k] = 1
    else:
        n = min(N + k, cols)
        for i in range(n):
            out[i - k, i] = 1
    return out


@njit
def numpy_identity(n, dtype, result_type):
    out = np.zeros((n, n), result_type)
    for i in range(n):
        out[i, i] = 1
    return out


@njit
def numpy_diag(v, k, result_type):
    if v.ndim == 1:
        n = len(v) + abs(k)
        out = np.zeros((n, n), result_type)
        for i in range(len(v)):
            if k >= 0:
                out[i, i + k] = v[i]
            else:
                out[i - k, i] = v[i]
        return out
    else:
        rows, cols = v.shape
        if k >= 0:
            n = max(min(rows, cols - k), 0)
        else:
            n = max(min(rows + k, cols), 0)
        res = np.empty(n, result_type)
        for i in range(n):
            if k >= 0:
                res[i] = v[i, i + k]
            else:
                res[i] = v[i - k, i]
        return res


@njit
def numpy_tri(N, M, k, result_type):
    if M is None:
        cols = N
    else:
        cols = M
    out = np.zeros((N, cols), result_type)
    for i in range(N):
        for j in range(min(max(i + k + 1, 0), cols)):
            out[i, j] = 1
    return out


@njit
def numpy_logspace(start, stop, num):
    return np.power(10.0, np.linspace(start, stop, num))
