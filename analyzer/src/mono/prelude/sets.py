"""Arrays as sets, heaps, and pieces of arrays that few programs need."""
import math

import numpy as np
from numba import njit


@njit
def numpy_union1d(ar1, ar2):
    return np.unique(np.concatenate((np.asarray(ar1).ravel(), np.asarray(ar2).ravel())))


@njit
def numpy_intersect1d(ar1, ar2, assume_unique):
    a = np.asarray(ar1).ravel()
    b = np.asarray(ar2).ravel()
    if not assume_unique:
        a = np.unique(a)
        b = np.unique(b)
    both = np.sort(np.concatenate((a, b)))
    if len(both) < 2:
        return both[:0].copy()
    return both[1:][both[1:] == both[:-1]]


@njit
def numpy_setxor1d(ar1, ar2, assume_unique):
    a = np.asarray(ar1).ravel()
    b = np.asarray(ar2).ravel()
    if not assume_unique:
        a = np.unique(a)
        b = np.unique(b)
    both = np.sort(np.concatenate((a, b)))
    n = len(both)
    alone = np.ones(n, np.bool_)
    for i in range(1, n):
        if both[i] == both[i - 1]:
            alone[i] = False
            alone[i - 1] = False
    return both[alone]


@njit
def numpy_setdiff1d(ar1, ar2, assume_unique):
    a = np.asarray(ar1).ravel()
    b = np.unique(np.asarray(ar2).ravel())
    if not assume_unique:
        a = np.unique(a)
    keep = np.ones(len(a), np.bool_)
    for i in range(len(a)):
        at = np.searchsorted(b, a[i])
        if at < len(b) and b[at] == a[i]:
            keep[i] = False
    return a[keep]


@njit
def numpy_ediff1d(ary, to_end, to_begin):
    x = np.asarray(ary).ravel()
    return x[1:] - x[:-1]


@njit
def numpy_angle(z, deg):
    if deg:
        return np.arctan2(np.imag(z), np.real(z)) * (180.0 / np.pi)
    return np.arctan2(np.imag(z), np.real(z))


@njit
def numpy_rot90(m, k):
    turns = k % 4
    if turns == 0:
        return m[:].copy()
    if turns == 1:
        return m[:, ::-1].T.copy()
    if turns == 2:
        return m[::-1, ::-1].copy()
    return m.T[:, ::-1].copy()


@njit
def numpy_trim_zeros(filt, trim):
    first = 0
    last = len(filt)
    if "f" in trim or "F" in trim:
        while first < last and filt[first] == 0:
            first += 1
    if "b" in trim or "B" in trim:
        while last > first and filt[last - 1] == 0:
            last -= 1
    return filt[first:last]


@njit
def numpy_diagflat(v, k, result_type):
    x = np.asarray(v).ravel()
    n = len(x) + abs(k)
    out = np.zeros((n, n), result_type)
    for i in range(len(x)):
        if k >= 0:
            out[i, i + k] = x[i]
        else:
            out[i - k, i] = x[i]
    return out


@njit
def numpy_argpartition(a, kth):
    return np.argsort(a, kind="mergesort")


@njit
def numpy_asfortranarray(a):
    return a.T.copy().T


@njit
def numpy_asfortranarray_1d(a):
    return np.ascontiguousarray(a)


@njit
def numpy_iscomplex_1d(x):
    return np.imag(x) != 0


@njit
def numpy_select(condlist, choicelist, default, result_type):
    shape = condlist[0].shape
    out = np.empty(shape, result_type)
    flat = out.ravel()
    flat[:] = default
    for at in range(len(condlist) - 1, -1, -1):
        condition = condlist[at].ravel()
        choice = choicelist[at].ravel()
        for i in range(len(flat)):
            if condition[i]:
                flat[i] = choice[i]
    return out


@njit
def numpy_resize(a, new_shape, result_type):
    x = np.asarray(a).ravel()
    out = np.zeros(new_shape, result_type)
    flat = out.ravel()
    if len(x) > 0:
        for i in range(len(flat)):
            flat[i] = x[i % len(x)]
    return out


@njit
def numpy_take_along_axis_1d(arr, indices, axis):
    return arr[indices]


@njit
def numpy_take_along_axis_2d(arr, indices, axis, result_type):
    out = np.empty(indices.shape, result_type)
    for i in range(indices.shape[0]):
        for j in range(indices.shape[1]):
            if axis == 0 or axis == -2:
                out[i, j] = arr[indices[i, j], j]
            else:
                out[i, j] = arr[i, indices[i, j]]
    return out


@njit
def sift_down(heap, first, at):
    item = heap[at]
    while at > first:
        above = (at - 1) >> 1
        if not item < heap[above]:
            break
        heap[at] = heap[above]
        at = above
    heap[at] = item


@njit
def sift_up(heap, at):
    end = len(heap)
    first = at
    item = heap[at]
    child = 2 * at + 1
    while child < end:
        right = child + 1
        if right < end and not heap[child] < heap[right]:
            child = right
        heap[at] = heap[child]
        at = child
        child = 2 * at + 1
    heap[at] = item
    sift_down(heap, first, at)


@njit
def heapq_heapify(x):
    for at in range(len(x) // 2 - 1, -1, -1):
        sift_up(x, at)


@njit
def heapq_heappush(heap, item):
    heap.append(item)
    sift_down(heap, 0, len(heap) - 1)


@njit
def heapq_heappop(heap):
    last = heap.pop()
    if len(heap) > 0:
        first = heap[0]
        heap[0] = last
        sift_up(heap, 0)
        return first
    return last


@njit
def heapq_heapreplace(heap, item):
    first = heap[0]
    heap[0] = item
    sift_up(heap, 0)
    return first


@njit
def heapq_heappushpop(heap, item):
    if len(heap) > 0 and heap[0] < item:
        first = heap[0]
        heap[0] = item
        sift_up(heap, 0)
        return first
    return item


@njit
def heapq_nsmallest(n, iterable):
    out = [item for item in iterable]
    out.sort()
    return out[: max(n, 0)]


@njit
def heapq_nlargest(n, iterable):
    out = [item for item in iterable]
    out.sort(reverse=True)
    return out[: max(n, 0)]


@njit
def cmath_polar(x):
    return abs(x), math.atan2(x.imag, x.real)


@njit
def cmath_rect(r, phi):
    return complex(r * math.cos(phi), r * math.sin(phi))


@njit
def typed_List_index(recv, item, start, end):
    for i in range(len(recv)):
        if recv[i] == item:
            return i
    raise ValueError("item not in list")


@njit
def typed_List_count(recv, item):
    n = 0
    for i in range(len(recv)):
        if recv[i] == item:
            n += 1
    return n


@njit
def typed_List_remove(recv, item):
    for i in range(len(recv)):
        if recv[i] == item:
            recv.pop(i)
            return
    raise ValueError("list.remove(x): x not in list")


@njit
def numpy_linalg_pinv(a, rcond):
    u, s, vt = np.linalg.svd(a, False)
    cut = rcond * np.max(s)
    scaled = u.T.copy()
    for i in range(len(s)):
        if s[i] > cut:
            for j in range(scaled.shape[1]):
                scaled[i, j] /= s[i]
        else:
            scaled[i] = 0
    return np.dot(scaled.T, vt).T
