"""Reductions: one number, or one row less, from an array. Sums go in memory order, one element after the other."""
import numpy as np
from numba import njit


@njit
def numpy_sum(a, axis, dtype, result_type):
    total = result_type(0)
    for v in a.flat:
        total += result_type(v)
    return total


@njit
def checked_axis(axis, ndim):
    at = axis + ndim if axis < 0 else axis
    if at < 0 or at >= ndim:
        raise ValueError("'axis' entry is out of bounds")
    return at


@njit
def numpy_sum_with_axis_1d(a, axis, dtype, result_type):
    checked_axis(axis, 1)
    total = result_type(0)
    for v in a:
        total += result_type(v)
    return total


@njit
def numpy_sum_with_axis_2d(a, axis, dtype, result_type):
    rows, cols = a.shape
    if checked_axis(axis, 2) == 0:
        out = np.zeros(cols, result_type)
        for i in range(rows):
            for j in range(cols):
                out[j] += a[i, j]
    else:
        out = np.zeros(rows, result_type)
        for i in range(rows):
            total = result_type(0)
            for j in range(cols):
                total += result_type(a[i, j])
            out[i] = total
    return out


@njit
def numpy_sum_with_axis_3d(a, axis, dtype, result_type):
    n, rows, cols = a.shape
    at = checked_axis(axis, 3)
    if at == 0:
        out = np.zeros((rows, cols), result_type)
        for i in range(n):
            for j in range(rows):
                for k in range(cols):
                    out[j, k] += a[i, j, k]
    elif at == 1:
        out = np.zeros((n, cols), result_type)
        for i in range(n):
            for j in range(rows):
                for k in range(cols):
                    out[i, k] += a[i, j, k]
    else:
        out = np.zeros((n, rows), result_type)
        for i in range(n):
            for j in range(rows):
                for k in range(cols):
                    out[i, j] += a[i, j, k]
    return out


@njit
def numpy_prod(a, result_type):
    total = result_type(1)
    for v in a.flat:
        total *= result_type(v)
    return total


@njit
def numpy_mean(a, result_type):
    total = result_type(0)
    for v in a.flat:
        total += result_type(v)
    return total / a.size


@njit
def numpy_var(a, result_type):
    m = a.mean()
    total = result_type(0)
    for v in a.flat:
        diff = v - m
        total += np.real(diff * np.conj(diff))
    return total / a.size


@njit
def numpy_std(a):
    return a.var() ** 0.5


@njit
def numpy_max(a, result_type):
    if a.size == 0:
        raise ValueError("zero-size array to reduction operation maximum which has no identity")
    first = True
    best = result_type(0)
    for v in a.flat:
        if first:
            best = v
            first = False
            if v != v:
                return v
        elif v != v:
            return v
        elif v > best:
            best = v
    return best


@njit
def numpy_min(a, result_type):
    if a.size == 0:
        raise ValueError("zero-size array to reduction operation minimum which has no identity")
    first = True
    best = result_type(0)
    for v in a.flat:
        if first:
            best = v
            first = False
            if v != v:
                return v
        elif v != v:
            return v
        elif v < best:
            best = v
    return best


@njit
def numpy_amax(a, result_type):
    return numpy_max(a, result_type)


@njit
def numpy_amin(a, result_type):
    return numpy_min(a, result_type)


@njit
def numpy_ptp(a):
    return a.max() - a.min()


@njit
def numpy_all(a):
    for v in a.flat:
        if not v:
            return False
    return True


@njit
def numpy_any(a):
    for v in a.flat:
        if v:
            return True
    return False


@njit
def argmax_flat(a):
    if a.size == 0:
        raise ValueError("attempt to get argmax of an empty sequence")
    at = 0
    i = 0
    best = first_item(a)
    if best != best:
        return 0
    for v in a.flat:
        if v != v:
            return i
        if v > best:
            best = v
            at = i
        i += 1
    return at


@njit
def argmin_flat(a):
    if a.size == 0:
        raise ValueError("attempt to get argmin of an empty sequence")
    at = 0
    i = 0
    best = first_item(a)
    if best != best:
        return 0
    for v in a.flat:
        if v != v:
            return i
        if v < best:
            best = v
            at = i
        i += 1
    return at


@njit
def first_item(a):
    return a.ravel()[0]


@njit
def numpy_argmax(a, axis):
    return argmax_flat(a)


@njit
def numpy_argmin(a, axis):
    return argmin_flat(a)


@njit
def numpy_argmax_with_axis_2d(a, axis):
    if checked_axis(axis, 2) == 0:
        out = np.empty(a.shape[1], np.int64)
        for i in range(a.shape[1]):
            out[i] = argmax_flat(a[:, i])
    else:
        out = np.empty(a.shape[0], np.int64)
        for i in range(a.shape[0]):
            out[i] = argmax_flat(a[i])
    return out


@njit
def numpy_argmin_with_axis_2d(a, axis):
    if checked_axis(axis, 2) == 0:
        out = np.empty(a.shape[1], np.int64)
        for i in range(a.shape[1]):
            out[i] = argmin_flat(a[:, i])
    else:
        out = np.empty(a.shape[0], np.int64)
        for i in range(a.shape[0]):
            out[i] = argmin_flat(a[i])
    return out


@njit
def numpy_cumsum(a, axis, dtype, result_type):
    out = np.empty(a.size, result_type)
    total = result_type(0)
    i = 0
    for v in a.flat:
        total += result_type(v)
        out[i] = total
        i += 1
    return out


@njit
def numpy_cumprod(a, result_type):
    out = np.empty(a.size, result_type)
    total = result_type(1)
    i = 0
    for v in a.flat:
        total *= result_type(v)
        out[i] = total
        i += 1
    return out


@njit
def numpy_count_nonzero(a, axis):
    n = 0
    for v in a.flat:
        if v != 0:
            n += 1
    return n


@njit
def numpy_nansum(a, result_type):
    total = result_type(0)
    for v in a.flat:
        if not np.isnan(v):
            total += result_type(v)
    return total


@njit
def numpy_nanprod(a, result_type):
    total = result_type(1)
    for v in a.flat:
        if not np.isnan(v):
            total *= result_type(v)
    return total


@njit
def numpy_nanmean(a, result_type):
    total = result_type(0)
    n = 0
    for v in a.flat:
        if not np.isnan(v):
            total += result_type(v)
            n += 1
    return np.divide(total, n)


@njit
def numpy_nanmax(a, result_type):
    if a.size == 0:
        raise ValueError("nanmax(): empty array")
    best = first_item(a)
    for v in a.flat:
        if best != best or v > best:
            best = v
    return best


@njit
def numpy_nanmin(a, result_type):
    if a.size == 0:
        raise ValueError("nanmin(): empty array")
    best = first_item(a)
    for v in a.flat:
        if best != best or v < best:
            best = v
    return best


@njit
def numpy_nanvar(a, axis, dtype, out, ddof, result_type):
    m = np.nanmean(a)
    total = result_type(0)
    n = 0
    for v in a.flat:
        if not np.isnan(v):
            diff = v - m
            total += np.real(diff * np.conj(diff))
            n += 1
    return np.divide(total, n)


@njit
def numpy_nanstd(a, axis, dtype, out, ddof):
    return np.nanvar(a) ** 0.5


@njit
def numpy_average(a, axis, weights):
    return np.mean(a)


@njit
def numpy_average_with_weights(a, axis, weights):
    if a.shape != weights.shape:
        raise TypeError("Numba does not support average when shapes of a and weights differ.")
    total = np.sum(weights)
    if total == 0.0:
        raise ZeroDivisionError("Weights sum to zero, can't be normalized.")
    return np.sum(np.multiply(a, weights)) / total


@njit
def builtins_sum(iterable, start):
    total = start
    for v in iterable:
        total += v
    return total


@njit
def numpy_cumsum_with_axis_1d(a, axis, dtype, result_type):
    checked_axis(axis, 1)
    return numpy_cumsum(a, None, None, result_type)


@njit
def numpy_argmax_with_axis_1d(a, axis):
    checked_axis(axis, 1)
    return argmax_flat(a)


@njit
def numpy_argmin_with_axis_1d(a, axis):
    checked_axis(axis, 1)
    return argmin_flat(a)
