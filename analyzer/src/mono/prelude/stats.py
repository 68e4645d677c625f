"""Percentiles, windows, interpolation, convolution and rounding."""
import math

import numpy as np
from numba import njit


@njit
def percentile_of(b, percent):
    n = len(b)
    if n == 1:
        return b[0]
    if percent == 100:
        top = b[n - 1]
        if not np.isfinite(top):
            return np.nan
        return top
    if percent == 0:
        up = 0
        down = 0
        for v in b:
            if v == np.inf:
                up += 1
            elif v == -np.inf:
                down += 1
        finite = n - up - down
        if up + down > 0:
            if finite == 0 or up == 1 and n == 2 or down > 1 or finite == 1 and up > 1 and down != 1:
                return np.nan
        return b[0]
    rank = 1 + (n - 1) * np.true_divide(percent, 100.0)
    at = math.floor(rank)
    rest = rank - at
    k = int(at - 1)
    return b[k] * (1 - rest) + b[k + 1] * rest


@njit
def sorted_finite(a, skip_nan):
    kept = np.empty(a.size, np.float64)
    n = 0
    for v in a.flat:
        if v != v:
            if not skip_nan:
                return kept[:0]
        else:
            kept[n] = v
            n += 1
    out = np.sort(kept[:n])
    if n == 1 and not np.isfinite(out[0]):
        return out[:0]
    return out


@njit
def percentiles(a, q, factor, limit, skip_nan):
    if isinstance(q, (int, float)):
        percent = q * factor
        if not (q >= 0 and q <= limit):
            if limit == 1:
                raise ValueError("Quantiles must be in the range [0, 1]")
            raise ValueError("Percentiles must be in the range [0, 100]")
        b = sorted_finite(a, skip_nan)
        if len(b) == 0:
            return np.nan
        return percentile_of(b, percent)
    else:
        asked = np.asarray(q)
        items = sorted_finite(a, skip_nan)
        out = np.empty(asked.size, np.float64)
        i = 0
        for item in asked.flat:
            if not (item >= 0 and item <= limit):
                if limit == 1:
                    raise ValueError("Quantiles must be in the range [0, 1]")
                raise ValueError("Percentiles must be in the range [0, 100]")
            if len(items) == 0:
                out[i] = np.nan
            else:
                out[i] = percentile_of(items, item * factor)
            i += 1
        return out


@njit
def numpy_percentile(a, q):
    return percentiles(a, q, 1.0, 100, False)


@njit
def numpy_nanpercentile(a, q):
    return percentiles(a, q, 1.0, 100, True)


@njit
def numpy_quantile(a, q):
    return percentiles(a, q, 100.0, 1, False)


@njit
def numpy_nanquantile(a, q):
    return percentiles(a, q, 100.0, 1, True)


@njit
def numpy_nanmedian(a):
    kept = np.empty(a.size, a.dtype)
    n = 0
    for v in a.flat:
        if v == v:
            kept[n] = v
            n += 1
    if n == 0:
        return np.nan
    return np.median(kept[:n])


@njit
def numpy_nancumsum(a, result_type):
    out = np.empty(a.size, result_type)
    total = result_type(0)
    i = 0
    for v in a.flat:
        if v == v:
            total += result_type(v)
        out[i] = total
        i += 1
    return out


@njit
def numpy_nancumprod(a, result_type):
    out = np.empty(a.size, result_type)
    total = result_type(1)
    i = 0
    for v in a.flat:
        if v == v:
            total *= result_type(v)
        out[i] = total
        i += 1
    return out


@njit
def nan_place(a, most):
    at = -1
    i = 0
    best = a.ravel()[0]
    for v in a.flat:
        if v == v and (at < 0 or most and v > best or not most and v < best):
            best = v
            at = i
        i += 1
    if at < 0:
        raise ValueError("All-NaN slice encountered")
    return at


@njit
def numpy_nanargmax(a, axis):
    return nan_place(a, True)


@njit
def numpy_nanargmin(a, axis):
    return nan_place(a, False)


@njit
def numpy_interp(x, xp, fp, result_type):
    if len(xp) == 0:
        raise ValueError("array of sample points is empty")
    if len(xp) != len(fp):
        raise ValueError("fp and xp are not of the same size.")
    if isinstance(x, (int, float)):
        return interpolated(x * 1.0, xp, fp, result_type)
    else:
        out = np.empty(x.shape, result_type)
        flat = out.ravel()
        i = 0
        for v in x.flat:
            flat[i] = interpolated(v * 1.0, xp, fp, result_type)
            i += 1
        return out


@njit
def interpolated(v, xp, fp, result_type):
    n = len(xp)
    if n == 1:
        return result_type(fp[0])
    if v != v:
        return result_type(v)
    if v > xp[n - 1]:
        return result_type(fp[n - 1])
    if v < xp[0]:
        return result_type(fp[0])
    lo = 0
    hi = n
    while lo < hi:
        mid = (lo + hi) >> 1
        if v >= xp[mid]:
            lo = mid + 1
        else:
            hi = mid
    j = lo - 1
    if j == n - 1 or xp[j] == v:
        return result_type(fp[j])
    slope = np.divide(result_type(fp[j + 1]) - fp[j], xp[j + 1] * 1.0 - xp[j])
    found = slope * (v - xp[j]) + fp[j]
    if found != found:
        found = slope * (v - xp[j + 1]) + fp[j + 1]
        if found != found and fp[j] == fp[j + 1]:
            found = result_type(fp[j])
    return result_type(found)


@njit
def numpy_hanning(M):
    if M < 1:
        return np.empty(0, np.float64)
    out = np.ones(M)
    if M > 1:
        for i in range(M):
            out[i] = 0.5 - 0.5 * math.cos(2.0 * math.pi * i / (M - 1))
    return out


@njit
def numpy_hamming(M):
    if M < 1:
        return np.empty(0, np.float64)
    out = np.ones(M)
    if M > 1:
        for i in range(M):
            out[i] = 0.54 - 0.46 * math.cos(2.0 * math.pi * i / (M - 1))
    return out


@njit
def numpy_blackman(M):
    if M < 1:
        return np.empty(0, np.float64)
    out = np.ones(M)
    if M > 1:
        for i in range(M):
            out[i] = (0.42 - 0.5 * math.cos(2.0 * math.pi * i / (M - 1))
                      + 0.08 * math.cos(4.0 * math.pi * i / (M - 1)))
    return out


@njit
def numpy_bartlett(M):
    if M < 1:
        return np.empty(0, np.float64)
    out = np.ones(M)
    if M > 1:
        for i in range(M):
            if i <= (M - 1) / 2.0:
                out[i] = 2.0 * i / (M - 1)
            else:
                out[i] = 2.0 - 2.0 * i / (M - 1)
    return out


@njit
def full_product(a, v, result_type):
    n = len(a)
    m = len(v)
    out = np.zeros(n + m - 1, result_type)
    for k in range(n + m - 1):
        total = result_type(0)
        for i in range(max(0, k - m + 1), min(n, k + 1)):
            total += result_type(a[i]) * v[k - i]
        out[k] = total
    return out


@njit
def cut(full, n, m, mode):
    most = max(n, m)
    least = min(n, m)
    if mode == "full":
        return full
    elif mode == "same":
        start = (least - 1) // 2
        return full[start:start + most].copy()
    else:
        return full[least - 1:most].copy()


@njit
def numpy_convolve(a, v, mode, result_type):
    if len(a) == 0:
        raise ValueError("'a' cannot be empty")
    if len(v) == 0:
        raise ValueError("'v' cannot be empty")
    return cut(full_product(a, v, result_type), len(a), len(v), mode)


@njit
def numpy_correlate(a, v, mode, result_type):
    if len(a) == 0:
        raise ValueError("'a' cannot be empty")
    if len(v) == 0:
        raise ValueError("'v' cannot be empty")
    full = full_product(a, np.conj(v[::-1]), result_type)
    if mode == "same" and len(a) < len(v):
        start = len(a) // 2
        return full[start:start + len(v)].copy()
    else:
        return cut(full, len(a), len(v), mode)


@njit
def rounded(v, decimals):
    if np.isinf(v) or np.isnan(v):
        return v
    if decimals >= 0:
        if decimals > 22:
            up = 10.0 ** (decimals - 22) * 1e22
        else:
            up = 10.0 ** decimals
        y = v * up
        if np.isinf(y):
            return v
        return np.rint(y) / up
    down = 10.0 ** (-decimals)
    return np.rint(v / down) * down


@njit
def numpy_round(a, decimals, out, result_type):
    if isinstance(a, float):
        if decimals == 0:
            return np.rint(a)
        return rounded(a, decimals)
    elif isinstance(a, int):
        if decimals >= 0:
            return a
        return result_type(rounded(float(a), decimals))
    else:
        res = np.empty_like(a, result_type)
        for index, v in np.ndenumerate(a):
            if decimals == 0:
                res[index] = np.rint(v)
            else:
                res[index] = rounded(v, decimals)
        return res


@njit
def numpy_around(a, decimals, out, result_type):
    return numpy_round(a, decimals, out, result_type)


@njit
def numpy_nan_to_num(x, copy, nan, posinf, neginf, result_type):
    if isinstance(x, (int, bool)):
        return x
    elif isinstance(x, float):
        return number_of(x, nan, posinf, neginf, result_type)
    else:
        out = x.copy() if copy else x
        for index, v in np.ndenumerate(x):
            out[index] = number_of(v, nan, posinf, neginf, result_type)
        return out


@njit
def number_of(v, nan, posinf, neginf, result_type):
    if v != v:
        return result_type(nan)
    if v == np.inf:
        if posinf is None:
            return result_type(np.finfo(result_type).max)
        else:
            return result_type(posinf)
    if v == -np.inf:
        if neginf is None:
            return result_type(np.finfo(result_type).min)
        else:
            return result_type(neginf)
    return v


@njit
def numpy_isin(element, test_elements, assume_unique, invert):
    items = np.sort(np.asarray(test_elements).ravel())
    source = np.asarray(element)
    out = np.empty(source.shape, np.bool_)
    flat = out.ravel()
    i = 0
    for v in source.flat:
        at = np.searchsorted(items, v)
        found = at < len(items) and items[at] == v
        flat[i] = found != invert
        i += 1
    return out


@njit
def numpy_cov_rows(m, ddof):
    rows, n = m.shape
    centred = np.empty((rows, n), np.float64)
    for i in range(rows):
        total = 0.0
        for j in range(n):
            total += m[i, j]
        for j in range(n):
            centred[i, j] = m[i, j] - total / n
    out = np.dot(centred, centred.T)
    for i in range(rows):
        for j in range(rows):
            out[i, j] = np.true_divide(out[i, j], max(n - ddof, 0))
    return out


@njit
def numpy_cov_2d(m, y, rowvar, bias, ddof):
    less = 0 if bias else 1
    if rowvar:
        return numpy_cov_rows(m, less)
    return numpy_cov_rows(np.ascontiguousarray(m.T), less)


@njit
def numpy_corrcoef_2d(x, y, rowvar):
    c = numpy_cov_2d(x, None, rowvar, False, None)
    n = c.shape[0]
    out = np.empty((n, n), np.float64)
    for i in range(n):
        for j in range(n):
            v = np.true_divide(np.true_divide(c[i, j], math.sqrt(c[i, i])), math.sqrt(c[j, j]))
            out[i, j] = min(max(v, -1.0), 1.0)
    return out


@njit
def numpy_geomspace(start, stop, num):
    if num == 0:
        return np.empty(0, np.float64)
    low = math.log10(start)
    high = math.log10(stop)
    out = np.power(10.0, np.linspace(low, high, num))
    out[0] = start
    if num > 1:
        out[num - 1] = stop
    return out


@njit
def numpy_sinc(x, result_type):
    if isinstance(x, (int, float)):
        if x == 0:
            return result_type(1)
        return result_type(math.sin(math.pi * x) / (math.pi * x))
    else:
        out = np.empty(x.shape, result_type)
        flat = out.ravel()
        i = 0
        for v in x.flat:
            if v == 0:
                flat[i] = 1
            else:
                flat[i] = np.sin(math.pi * v) / (math.pi * v)
            i += 1
        return out


@njit
def numpy_isclose(a, b, rtol, atol, equal_nan):
    within = np.less_equal(np.abs(np.subtract(a, b)), np.add(atol, np.multiply(rtol, np.abs(b))))
    finite = np.logical_and(np.isfinite(a), np.isfinite(b))
    near = np.logical_or(np.equal(a, b), np.logical_and(finite, within))
    both = np.logical_and(np.isnan(a), np.isnan(b))
    return np.logical_or(near, np.logical_and(both, equal_nan))
