"""Triangles, pieces, joined and repeated arrays; sets and strings."""
import numpy as np
from numba import njit


@njit
def numpy_argwhere(a):
    n = 0
    for v in a.flat:
        if v:
            n += 1
    out = np.empty((a.ndim, n), np.int64)
    at = 0
    for index, v in np.ndenumerate(a):
        if v:
            d = 0
            for i in index:
                out[d, at] = i
                d += 1
            at += 1
    return out.T


@njit
def numpy_append(arr, values, axis):
    if isinstance(values, (int, float, bool, complex, np.float32)):
        return np.concatenate((arr.ravel(), np.array([values])))
    return np.concatenate((np.asarray(arr).ravel(), np.asarray(values).ravel()))


@njit
def numpy_append_with_axis(arr, values, axis):
    return np.concatenate((arr, values), axis)


@njit
def numpy_triu(m, k):
    out = m.copy()
    for i in range(m.shape[0]):
        for j in range(min(max(i + k, 0), m.shape[1])):
            out[i, j] = 0
    return out


@njit
def numpy_tril(m, k):
    out = m.copy()
    for i in range(m.shape[0]):
        for j in range(max(i + k + 1, 0), m.shape[1]):
            out[i, j] = 0
    return out


@njit
def numpy_triu_indices(n, k, m):
    if m is None:
        cols = n
    else:
        cols = m
    size = 0
    for i in range(n):
        size += max(cols - max(i + k, 0), 0)
    rows = np.empty(size, np.int64)
    places = np.empty(size, np.int64)
    at = 0
    for i in range(n):
        for j in range(max(i + k, 0), cols):
            rows[at] = i
            places[at] = j
            at += 1
    return rows, places


@njit
def numpy_tril_indices(n, k, m):
    if m is None:
        cols = n
    else:
        cols = m
    size = 0
    for i in range(n):
        size += min(max(i + k + 1, 0), cols)
    rows = np.empty(size, np.int64)
    places = np.empty(size, np.int64)
    at = 0
    for i in range(n):
        for j in range(min(max(i + k + 1, 0), cols)):
            rows[at] = i
            places[at] = j
            at += 1
    return rows, places


@njit
def numpy_triu_indices_from(arr, k):
    return numpy_triu_indices(arr.shape[0], k, arr.shape[1])


@njit
def numpy_tril_indices_from(arr, k):
    return numpy_tril_indices(arr.shape[0], k, arr.shape[1])


@njit
def numpy_fill_diagonal(a, val, wrap):
    if a.ndim == 2:
        rows, cols = a.shape
        i = 0
        while i < rows:
            j = i % (cols + 1) if wrap else i
            if j < cols:
                if isinstance(val, (int, float, complex, bool)):
                    a[i, j] = val
                else:
                    a[i, j] = val[i]
            elif not wrap:
                break
            i += 1


@njit
def numpy_atleast_1d(x):
    if isinstance(x, (int, float, complex, bool)):
        return np.array([x])
    else:
        return x


@njit
def numpy_atleast_2d(x):
    if isinstance(x, (int, float, complex, bool)):
        return np.array([[x]])
    elif x.ndim == 1:
        return x.reshape(1, len(x))
    else:
        return x


@njit
def numpy_extract(condition, arr):
    return arr.ravel()[np.nonzero(condition.ravel())[0]]


@njit
def numpy_delete(arr, obj, result_type):
    x = arr.ravel()
    n = len(x)
    keep = np.ones(n, np.bool_)
    if isinstance(obj, int):
        if obj < -n or obj >= n:
            raise IndexError("obj must be less than the len(arr)")
        keep[obj] = False
    else:
        for at in obj:
            keep[at] = False
    left = 0
    for i in range(n):
        if keep[i]:
            left += 1
    out = np.empty(left, result_type)
    at = 0
    for i in range(n):
        if keep[i]:
            out[at] = x[i]
            at += 1
    return out


@njit
def numpy_swapaxes_2d(a, axis1, axis2):
    if axis1 % 2 == axis2 % 2:
        return a[:, :]
    return a.T[:, :]


@njit
def numpy_stack_1d(arrays, axis, result_type):
    n = len(arrays[0])
    count = len(arrays)
    if axis == 0 or axis == -2:
        out = np.empty((count, n), result_type)
    else:
        out = np.empty((n, count), result_type)
    k = 0
    for a in arrays:
        if len(a) != n:
            raise ValueError("all input arrays must have the same shape")
        for i in range(n):
            if axis == 0 or axis == -2:
                out[k, i] = a[i]
            else:
                out[i, k] = a[i]
        k += 1
    return out


@njit
def numpy_stack_2d(arrays, axis, result_type):
    rows, cols = arrays[0].shape
    count = len(arrays)
    along = axis + 3 if axis < 0 else axis
    if along == 0:
        out = np.empty((count, rows, cols), result_type)
    elif along == 1:
        out = np.empty((rows, count, cols), result_type)
    else:
        out = np.empty((rows, cols, count), result_type)
    k = 0
    for a in arrays:
        for i in range(rows):
            for j in range(cols):
                if along == 0:
                    out[k, i, j] = a[i, j]
                elif along == 1:
                    out[i, k, j] = a[i, j]
                else:
                    out[i, j, k] = a[i, j]
        k += 1
    return out


@njit
def numpy_dstack_1d(tup, result_type):
    n = len(tup[0])
    out = np.empty((1, n, len(tup)), result_type)
    k = 0
    for a in tup:
        for i in range(n):
            out[0, i, k] = a[i]
        k += 1
    return out


@njit
def numpy_column_stack_2d(tup, result_type):
    return np.concatenate(tup, 1)


@njit
def numpy_array_split(ary, indices_or_sections, axis):
    n = ary.shape[0]
    out = []
    if isinstance(indices_or_sections, int):
        each = n // indices_or_sections
        more = n % indices_or_sections
        start = 0
        for k in range(indices_or_sections):
            stop = start + each + (1 if k < more else 0)
            out.append(ary[start:stop])
            start = stop
    else:
        begin = 0
        for place in indices_or_sections:
            out.append(ary[begin:place])
            begin = place
        out.append(ary[begin:])
    return out


@njit
def numpy_array_split_2d(ary, indices_or_sections, axis):
    n = ary.shape[0]
    # Parts of an array of several dimensions have no known layout.
    step = 1
    out = []
    if isinstance(indices_or_sections, int):
        each = n // indices_or_sections
        more = n % indices_or_sections
        start = 0
        for k in range(indices_or_sections):
            stop = start + each + (1 if k < more else 0)
            out.append(ary[start:stop:step])
            start = stop
    else:
        begin = 0
        for place in indices_or_sections:
            out.append(ary[begin:place:step])
            begin = place
        out.append(ary[begin::step])
    return out


@njit
def numpy_array_split_3d(ary, indices_or_sections, axis):
    return numpy_array_split_2d(ary, indices_or_sections, axis)


@njit
def numpy_split(ary, indices_or_sections, axis):
    if isinstance(indices_or_sections, int):
        if ary.shape[0] % indices_or_sections != 0:
            raise ValueError("array split does not result in an equal division")
    return numpy_array_split(ary, indices_or_sections, axis)


@njit
def numpy_split_2d(ary, indices_or_sections, axis):
    if isinstance(indices_or_sections, int):
        if ary.shape[0] % indices_or_sections != 0:
            raise ValueError("array split does not result in an equal division")
    return numpy_array_split_2d(ary, indices_or_sections, axis)


@njit
def numpy_isreal(x):
    return np.imag(x) == 0


@njit
def numpy_isposinf(x, out):
    return np.logical_and(np.isinf(x), np.greater(x, 0))


@njit
def numpy_isneginf(x, out):
    return np.logical_and(np.isinf(x), np.less(x, 0))


@njit
def numpy_polyval(p, x):
    y = x * 0 + p[0]
    for i in range(1, len(p)):
        y = y * x + p[i]
    return y


@njit
def numpy_vander(x, N, increasing, result_type):
    if N is None:
        cols = len(x)
    else:
        cols = N
    out = np.empty((len(x), cols), result_type)
    for i in range(len(x)):
        power = result_type(1)
        for j in range(cols):
            if increasing:
                out[i, j] = power
            else:
                out[i, cols - 1 - j] = power
            power = power * x[i]
    return out


@njit
def numpy_broadcast_to(array, shape):
    out = np.empty(shape, array.dtype)
    out[...] = array
    return out


@njit
def numpy_unwrap(p, discont, axis, period, result_type):
    out = np.empty(len(p), result_type)
    limit = period / 2 if discont is None else discont
    moved = 0.0
    for i in range(len(p)):
        if i > 0:
            d = p[i] - p[i - 1]
            m = (d + period / 2) % period - period / 2
            if m == -period / 2 and d > 0:
                m = period / 2
            if abs(d) >= limit:
                moved += m - d
        out[i] = p[i] + moved
    return out


@njit
def set_copy(s):
    return set(s)


@njit
def set_intersection(a, b):
    out = set(a)
    for v in a:
        if v not in b:
            out.discard(v)
    return out


@njit
def set_difference(a, b):
    out = set(a)
    for v in a:
        if v in b:
            out.discard(v)
    return out


@njit
def set_union(a, b):
    out = set(a)
    for v in b:
        out.add(v)
    return out


@njit
def set_symmetric_difference(a, b):
    out = set(a)
    for v in b:
        if v in a:
            out.discard(v)
        else:
            out.add(v)
    return out


@njit
def set_update(s, iterable):
    for v in iterable:
        s.add(v)


@njit
def set_difference_update(s, b):
    for v in set(b):
        s.discard(v)


@njit
def set_intersection_update(s, b):
    for v in set(s):
        if v not in b:
            s.discard(v)


@njit
def set_issubset(a, b):
    for v in a:
        if v not in b:
            return False
    return True


@njit
def set_issuperset(a, b):
    return set_issubset(b, a)


@njit
def set_isdisjoint(a, b):
    for v in a:
        if v in b:
            return False
    return True


@njit
def dict_copy(d):
    return {k: v for k, v in d.items()}


@njit
def dict_update(d, other):
    for k, v in other.items():
        d[k] = v


@njit
def dict_setdefault(d, key, default):
    if key not in d:
        d[key] = default
    return d[key]


@njit
def tuple_index(x, value):
    i = 0
    for v in x:
        if v == value:
            return i
        i += 1
    raise ValueError("tuple.index(x): x not in tuple")
