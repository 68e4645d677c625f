"""Joining, cutting, moving and picking."""
import numpy as np
from numba import njit


@njit
def array_flatten(a):
    return a.copy().ravel()


@njit
def numpy_where(condition, x, y):
    return condition.nonzero()


@njit
def numpy_nonzero(a):
    n = 0
    for v in a.flat:
        if v:
            n += 1
    if a.ndim == 1:
        out = np.empty(n, np.int64)
        at = 0
        for i in range(len(a)):
            if a[i]:
                out[at] = i
                at += 1
        return (out,)
    elif a.ndim == 2:
        rows = np.empty(n, np.int64)
        cols = np.empty(n, np.int64)
        at = 0
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                if a[i, j]:
                    rows[at] = i
                    cols[at] = j
                    at += 1
        return rows, cols
    elif a.ndim == 3:
        first = np.empty(n, np.int64)
        second = np.empty(n, np.int64)
        third = np.empty(n, np.int64)
        at = 0
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                for k in range(a.shape[2]):
                    if a[i, j, k]:
                        first[at] = i
                        second[at] = j
                        third[at] = k
                        at += 1
        return first, second, third


@njit
def numpy_flatnonzero(a):
    n = 0
    for v in a.flat:
        if v:
            n += 1
    out = np.empty(n, np.int64)
    at = 0
    i = 0
    for v in a.flat:
        if v:
            out[at] = i
            at += 1
        i += 1
    return out


@njit
def numpy_diff(a, n, result_type):
    if a.ndim == 1:
        size = max(len(a) - n, 0)
        work = a.copy()
        for k in range(n):
            for i in range(len(work) - 1 - k):
                work[i] = work[i + 1] - work[i]
        out = np.empty(size, result_type)
        for i in range(size):
            out[i] = work[i]
        return out
    elif a.ndim == 2:
        width = max(a.shape[1] - n, 0)
        grid = a.copy()
        for k in range(n):
            for i in range(a.shape[0]):
                for j in range(a.shape[1] - 1 - k):
                    grid[i, j] = grid[i, j + 1] - grid[i, j]
        res = np.empty((a.shape[0], width), result_type)
        for i in range(a.shape[0]):
            for j in range(width):
                res[i, j] = grid[i, j]
        return res


@njit
def numpy_outer(a, b, out, result_type):
    x = a.ravel()
    y = b.ravel()
    res = np.empty((len(x), len(y)), result_type)
    for i in range(len(x)):
        for j in range(len(y)):
            res[i, j] = x[i] * y[j]
    return res


@njit
def numpy_repeat(a, repeats, result_type):
    x = a.ravel()
    at = 0
    if isinstance(repeats, int):
        out = np.empty(x.size * repeats, result_type)
        for v in x:
            for _ in range(repeats):
                out[at] = v
                at += 1
        return out
    else:
        if len(repeats) != len(x):
            raise ValueError("operands could not be broadcast together")
        size = 0
        for n in repeats:
            size += n
        res = np.empty(size, result_type)
        for i in range(len(x)):
            for _ in range(repeats[i]):
                res[at] = x[i]
                at += 1
        return res


@njit
def numpy_roll(a, shift, result_type):
    out = np.empty(a.shape, result_type)
    flat = out.ravel()
    n = a.size
    i = 0
    for v in a.flat:
        flat[(i + shift) % n] = v
        i += 1
    return out


@njit
def numpy_take(a, indices, axis, result_type):
    x = a.ravel()
    if isinstance(indices, int):
        return x[indices]
    else:
        out = np.empty(indices.shape, result_type)
        flat = out.ravel()
        i = 0
        for at in indices.flat:
            if at < 0 and abs(at) > len(x) or at >= len(x):
                raise IndexError("index out of bounds")
            flat[i] = x[at]
            i += 1
        return out


@njit
def numpy_size(a):
    return a.size


@njit
def numpy_shape(a):
    return a.shape


@njit
def numpy_transpose(a, axes):
    return a.T


@njit
def array_transpose(a):
    return a.T


@njit
def numpy_flip(m):
    if m.ndim == 1:
        return m[::-1]
    elif m.ndim == 2:
        return m[::-1, ::-1]


@njit
def numpy_flipud(m):
    return m[::-1, ...]


@njit
def numpy_fliplr(m):
    return m[:, ::-1, ...]


@njit
def numpy_trace(a, offset, result_type):
    rows, cols = a.shape
    if offset < 0:
        rows = rows + offset
        n = max(min(rows, cols), 0)
    else:
        n = max(min(rows, cols - offset), 0)
    total = result_type(0)
    for i in range(n):
        if offset < 0:
            total += a[i - offset, i]
        else:
            total += a[i, i + offset]
    return total


@njit
def numpy_concatenate_1d(arrays, axis, result_type):
    if axis != 0 and axis != -1:
        raise ValueError("np.concatenate(): axis out of range")
    n = 0
    for a in arrays:
        n += len(a)
    out = np.empty(n, result_type)
    at = 0
    for a in arrays:
        for i in range(len(a)):
            out[at + i] = a[i]
        at += len(a)
    return out


@njit
def numpy_concatenate_2d(arrays, axis, result_type):
    rows = arrays[0].shape[0]
    cols = arrays[0].shape[1]
    along = axis + 2 if axis < 0 else axis
    size = 0
    for a in arrays:
        if along == 0:
            size += a.shape[0]
            if a.shape[1] != cols:
                raise ValueError("np.concatenate(): input sizes over dimension 1 do not match")
        else:
            size += a.shape[1]
            if a.shape[0] != rows:
                raise ValueError("np.concatenate(): input sizes over dimension 0 do not match")
    if along == 0:
        rows = size
    else:
        cols = size
    out = np.empty((rows, cols), result_type)
    at = 0
    for a in arrays:
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                if along == 0:
                    out[at + i, j] = a[i, j]
                else:
                    out[i, at + j] = a[i, j]
        if along == 0:
            at += a.shape[0]
        else:
            at += a.shape[1]
    return out


@njit
def numpy_vstack_2d(tup, result_type):
    return numpy_concatenate_2d(tup, 0, result_type)


@njit
def numpy_hstack_1d(tup, result_type):
    return numpy_concatenate_1d(tup, 0, result_type)


@njit
def numpy_hstack_2d(tup, result_type):
    return numpy_concatenate_2d(tup, 1, result_type)


@njit
def numpy_column_stack_1d(tup, result_type):
    n = len(tup[0])
    out = np.empty((n, len(tup)), result_type)
    j = 0
    for a in tup:
        for i in range(n):
            out[i, j] = a[i]
        j += 1
    return out


@njit
def numpy_vstack_1d(tup, result_type):
    n = len(tup[0])
    out = np.empty((len(tup), n), result_type)
    j = 0
    for a in tup:
        for i in range(n):
            out[j, i] = a[i]
        j += 1
    return out


@njit
def numpy_clip(a, a_min, a_max, out, result_type):
    if isinstance(a, (int, float)):
        if a_min is not None and a < a_min:
            return result_type(a_min)
        if a_max is not None and a > a_max:
            return result_type(a_max)
        return result_type(a)
    elif a_min is None:
        return np.minimum(a, a_max)
    elif a_max is None:
        return np.maximum(a, a_min)
    else:
        return np.minimum(np.maximum(a, a_min), a_max)


@njit
def numpy_array_equal(a1, a2):
    if a1.shape != a2.shape:
        return False
    x = a1.ravel()
    y = a2.ravel()
    for i in range(len(x)):
        if x[i] != y[i]:
            return False
    return True


@njit
def close(x, y, rtol, atol, equal_nan):
    if x == y:
        return True
    if np.isnan(x) or np.isnan(y):
        return equal_nan and np.isnan(x) and np.isnan(y)
    if np.isinf(x) or np.isinf(y):
        return False
    return abs(x - y) <= atol + rtol * abs(y)


@njit
def numpy_allclose(a, b, rtol, atol, equal_nan):
    ok = np.isclose(a, b, rtol, atol, equal_nan)
    return np.all(ok)


@njit
def numpy_asarray(a, dtype, result_type):
    return a


@njit
def numpy_expand_dims(a, axis):
    if a.ndim == 1:
        if axis == 0 or axis == -2:
            return a.reshape(1, a.shape[0])
        else:
            return a.reshape(a.shape[0], 1)
    elif a.ndim == 2:
        if axis == 0 or axis == -3:
            return a.reshape(1, a.shape[0], a.shape[1])
        elif axis == 1 or axis == -2:
            return a.reshape(a.shape[0], 1, a.shape[1])
        else:
            return a.reshape(a.shape[0], a.shape[1], 1)


@njit
def numpy_cross(a, b, result_type):
    if a.ndim == 1:
        out = np.empty(3, result_type)
        out[0] = a[1] * b[2] - a[2] * b[1]
        out[1] = a[2] * b[0] - a[0] * b[2]
        out[2] = a[0] * b[1] - a[1] * b[0]
        return out
    elif a.ndim == 2:
        res = np.empty(a.shape, result_type)
        for i in range(a.shape[0]):
            res[i, 0] = a[i, 1] * b[i, 2] - a[i, 2] * b[i, 1]
            res[i, 1] = a[i, 2] * b[i, 0] - a[i, 0] * b[i, 2]
            res[i, 2] = a[i, 0] * b[i, 1] - a[i, 1] * b[i, 0]
        return res


@njit
def numpy_bincount(a, weights, minlength, result_type):
    n = max(minlength, 0)
    for v in a:
        if v < 0:
            raise ValueError("bincount(): first argument must be non-negative")
        n = max(n, v + 1)
    out = np.zeros(n, result_type)
    if weights is None:
        for i in range(len(a)):
            out[a[i]] += 1
    else:
        if len(a) != len(weights):
            raise ValueError("bincount(): weights and list don't have the same length")
        for i in range(len(a)):
            out[a[i]] += weights[i]
    return out


@njit
def builtins_divmod(x, y):
    rest = x % y
    return x // y, rest


@njit
def numba_literally(obj):
    return obj


@njit
def numba_get_num_threads():
    return 1


@njit
def numba_get_thread_id():
    return 0


@njit
def numpy_expand_dims_strided(a, axis):
    if a.ndim == 1:
        if axis == 0 or axis == -2:
            return a[np.newaxis, :]
        else:
            return a[:, np.newaxis]
    elif a.ndim == 2:
        if axis == 0 or axis == -3:
            return a[np.newaxis, :, :]
        elif axis == 1 or axis == -2:
            return a[:, np.newaxis, :]
        else:
            return a[:, :, np.newaxis]
