"""Sorting and searching. A NaN sorts behind every number."""
import math

import numpy as np
from numba import njit


@njit
def less(x, y):
    return x < y or (x == x and y != y)


@njit
def sift(a, order, start, end):
    root = start
    while 2 * root + 1 < end:
        child = 2 * root + 1
        if child + 1 < end and before(a, order[child], order[child + 1]):
            child += 1
        if not before(a, order[root], order[child]):
            return
        order[root], order[child] = order[child], order[root]
        root = child


@njit
def before(a, i, j):
    return less(a[i], a[j])


@njit
def insertion(a, lo, hi):
    for i in range(lo + 1, hi + 1):
        v = a[i]
        j = i
        while j > lo and less(v, a[j - 1]):
            a[j] = a[j - 1]
            j -= 1
        a[j] = v


@njit
def sort_in_place(a):
    n = len(a)
    if n < 2:
        return
    los = np.empty(100, np.int64)
    his = np.empty(100, np.int64)
    los[0] = 0
    his[0] = n - 1
    top = 1
    while top > 0:
        top -= 1
        lo = los[top]
        hi = his[top]
        while hi - lo >= 15:
            mid = (lo + hi) >> 1
            if less(a[mid], a[lo]):
                a[mid], a[lo] = a[lo], a[mid]
            if less(a[hi], a[mid]):
                a[hi], a[mid] = a[mid], a[hi]
            if less(a[mid], a[lo]):
                a[mid], a[lo] = a[lo], a[mid]
            pivot = a[mid]
            i = lo
            j = hi
            while i <= j:
                while less(a[i], pivot):
                    i += 1
                while less(pivot, a[j]):
                    j -= 1
                if i <= j:
                    a[i], a[j] = a[j], a[i]
                    i += 1
                    j -= 1
            if j - lo < hi - i:
                los[top] = i
                his[top] = hi
                top += 1
                hi = j
            else:
                los[top] = lo
                his[top] = j
                top += 1
                lo = i
        insertion(a, lo, hi)


@njit
def numpy_sort(a):
    out = a.copy()
    if a.ndim == 1:
        sort_in_place(out)
    elif a.ndim == 2:
        for i in range(out.shape[0]):
            sort_in_place(out[i])
    return out


@njit
def array_sort(a, kind):
    sort_in_place(a)


@njit
def arg_insertion(a, order, lo, hi):
    for i in range(lo + 1, hi + 1):
        k = order[i]
        v = a[k]
        j = i
        while j > lo and less(v, a[order[j - 1]]):
            order[j] = order[j - 1]
            j -= 1
        order[j] = k


@njit
def arg_partition(a, order, lo, hi):
    mid = (lo + hi) >> 1
    if less(a[order[mid]], a[order[lo]]):
        order[lo], order[mid] = order[mid], order[lo]
    if less(a[order[hi]], a[order[mid]]):
        order[hi], order[mid] = order[mid], order[hi]
    if less(a[order[mid]], a[order[lo]]):
        order[lo], order[mid] = order[mid], order[lo]
    pivot = a[order[mid]]
    order[hi], order[mid] = order[mid], order[hi]
    i = lo
    j = hi - 1
    while True:
        while i < hi and less(a[order[i]], pivot):
            i += 1
        while j >= lo and less(pivot, a[order[j]]):
            j -= 1
        if i >= j:
            break
        order[i], order[j] = order[j], order[i]
        i += 1
        j -= 1
    order[i], order[hi] = order[hi], order[i]
    return i


@njit
def numpy_argsort(a, kind):
    n = len(a)
    order = np.empty(n, np.int64)
    for i in range(n):
        order[i] = i
    if kind == "mergesort":
        merge_order(a, order)
        return order
    if n < 2:
        return order
    los = np.empty(100, np.int64)
    his = np.empty(100, np.int64)
    los[0] = 0
    his[0] = n - 1
    top = 1
    while top > 0:
        top -= 1
        lo = los[top]
        hi = his[top]
        while hi - lo >= 15:
            i = arg_partition(a, order, lo, hi)
            if hi - i > i - lo:
                if hi > i:
                    los[top] = i + 1
                    his[top] = hi
                    top += 1
                hi = i - 1
            else:
                if i > lo:
                    los[top] = lo
                    his[top] = i - 1
                    top += 1
                lo = i + 1
        arg_insertion(a, order, lo, hi)
    return order


@njit
def array_argsort(a, kind):
    return numpy_argsort(a, kind)


@njit
def merge_order(a, order):
    n = len(order)
    work = np.empty(n, np.int64)
    width = 1
    while width < n:
        start = 0
        while start < n:
            mid = min(start + width, n)
            end = min(start + 2 * width, n)
            i = start
            j = mid
            for k in range(start, end):
                if i < mid and (j >= end or not less(a[order[j]], a[order[i]])):
                    work[k] = order[i]
                    i += 1
                else:
                    work[k] = order[j]
                    j += 1
            start += 2 * width
        for k in range(n):
            order[k] = work[k]
        width *= 2


@njit
def search(a, v, right):
    lo = 0
    hi = len(a)
    while lo < hi:
        mid = (lo + hi) >> 1
        if right:
            goes = not less(v, a[mid])
        else:
            goes = less(a[mid], v)
        if goes:
            lo = mid + 1
        else:
            hi = mid
    return lo


@njit
def numpy_searchsorted(a, v, side):
    right = side == "right"
    if isinstance(v, (int, float, bool, complex, np.float32, np.complex64)):
        return search(a, v, right)
    else:
        out = np.empty(v.shape, np.int64)
        flat = out.ravel()
        i = 0
        for item in v.flat:
            flat[i] = search(a, item, right)
            i += 1
        return out


@njit
def numpy_digitize(x, bins, right):
    up = True
    n = len(bins)
    if n > 1 and bins[0] > bins[n - 1]:
        up = False
    out = np.empty(x.shape, np.int64)
    flat = out.ravel()
    i = 0
    for v in x.flat:
        if up:
            flat[i] = search(bins, v, not right)
        else:
            flat[i] = n - search(bins[::-1], v, right)
        i += 1
    return out


@njit
def numpy_unique(ar, result_type):
    b = np.sort(ar.ravel())
    n = 0
    for i in range(len(b)):
        if i == 0 or b[i] != b[i - 1]:
            n += 1
    out = np.empty(n, result_type)
    at = 0
    for i in range(len(b)):
        if i == 0 or b[i] != b[i - 1]:
            out[at] = b[i]
            at += 1
    return out


@njit
def numpy_median(a):
    b = np.sort(a.ravel())
    n = len(b)
    if n == 0:
        return np.nan
    if b[n - 1] != b[n - 1]:
        return np.nan
    if n % 2 == 1:
        return b[n >> 1] * 1.0
    return np.mean(b[n // 2 - 1:n // 2 + 1])


@njit
def numpy_partition(a, kth):
    return np.sort(a)


@njit
def even_histogram(a, bins, low, high):
    if bins <= 0:
        raise ValueError("histogram(): `bins` should be a positive integer")
    hist = np.zeros(bins, np.int64)
    edges = np.linspace(low, high, bins + 1)
    if high > low:
        scale = bins / (high - low)
        for v in a.flat:
            b = math.floor((v - low) * scale)
            if 0 <= b < bins:
                hist[int(b)] += 1
            elif v == high:
                hist[bins - 1] += 1
    return hist, edges


@njit
def numpy_histogram(a, bins, range):
    if isinstance(bins, int):
        if a.size == 0:
            return even_histogram(a, bins, 0.0, 1.0)
        low = a.ravel()[0] * 1.0
        high = low
        for v in a.flat:
            if v < low:
                low = v * 1.0
            if v > high:
                high = v * 1.0
        return even_histogram(a, bins, low, high)
    else:
        n = len(bins) - 1
        for i in np.arange(n):
            if bins[i] > bins[i + 1]:
                raise ValueError("histogram(): bins must increase monotonically")
        hist = np.zeros(n, np.int64)
        for v in a.flat:
            if v == v and v >= bins[0] and v <= bins[n]:
                at = search(bins, v, True) - 1
                hist[min(at, n - 1)] += 1
        return hist, bins


@njit
def numpy_histogram_with_range(a, bins, range):
    return even_histogram(a, bins, range[0] * 1.0, range[1] * 1.0)


@njit
def merge_list(x, work, reverse):
    n = len(x)
    width = 1
    while width < n:
        start = 0
        while start < n:
            mid = min(start + width, n)
            end = min(start + 2 * width, n)
            i = start
            j = mid
            for k in range(start, end):
                if i < mid and (j >= end or not (reverse and x[i] < x[j] or not reverse and x[j] < x[i])):
                    work[k] = x[i]
                    i += 1
                else:
                    work[k] = x[j]
                    j += 1
            start += 2 * width
        for k in range(n):
            x[k] = work[k]
        width *= 2


@njit
def sort_list(x, reverse):
    work = [v for v in x]
    merge_list(x, work, reverse)


@njit
def list_sort(x, key, reverse):
    sort_list(x, reverse)


@njit
def builtins_sorted(iterable, key, reverse):
    out = [v for v in iterable]
    sort_list(out, reverse)
    return out


@njit
def list_count(x, value):
    n = 0
    for v in x:
        if v == value:
            n += 1
    return n


@njit
def list_index(x, value, start, stop):
    for i in range(len(x)):
        if x[i] == value:
            return i
    raise ValueError("value not in list")


@njit
def list_remove(x, value):
    for i in range(len(x)):
        if x[i] == value:
            x.pop(i)
            return
    raise ValueError("list.remove(x): x not in list")
