"""Linear algebra on small and middling matrices: elimination with row exchanges, reflections and plane rotations."""
import math

import numpy as np
from numba import njit


@njit
def square(a):
    if a.shape[0] != a.shape[1]:
        raise ValueError("Last 2 dimensions of the array must be square.")
    for v in a.flat:
        if not np.isfinite(v):
            raise ValueError("Array must not contain infs or NaNs.")
    return a.shape[0]


@njit
def eliminate(work, order):
    n = work.shape[0]
    sign = 1
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(work[i, k]) > abs(work[best, k]):
                best = i
        if best != k:
            sign = -sign
            order[k], order[best] = order[best], order[k]
            for j in range(n):
                work[k, j], work[best, j] = work[best, j], work[k, j]
        if work[k, k] == 0:
            continue
        for i in range(k + 1, n):
            work[i, k] = work[i, k] / work[k, k]
            factor = work[i, k]
            if factor != 0:
                for j in range(k + 1, n):
                    work[i, j] -= factor * work[k, j]
    return sign


@njit
def substitute(work, x):
    n = work.shape[0]
    for i in range(n):
        for j in range(i):
            x[i] -= work[i, j] * x[j]
    for k in range(n):
        i = n - 1 - k
        for j in range(i + 1, n):
            x[i] -= work[i, j] * x[j]
        x[i] = x[i] / work[i, i]


@njit
def singular(work):
    for i in range(work.shape[0]):
        if work[i, i] == 0:
            raise np.linalg.LinAlgError("Matrix is singular to machine precision.")


@njit
def matrix_of(a, result_type):
    out = np.empty(a.shape, result_type)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j]
    return out


@njit
def numpy_linalg_det(a):
    n = square(a)
    work = a.copy()
    order = np.arange(n)
    sign = eliminate(work, order)
    total = work[0, 0] * 0 + 1
    for i in range(n):
        total *= work[i, i]
    return total * sign


@njit
def numpy_linalg_inv(a, result_type):
    n = square(a)
    work = matrix_of(a, result_type)
    order = np.arange(n)
    eliminate(work, order)
    singular(work)
    out = np.zeros((n, n), result_type)
    for j in range(n):
        for i in range(n):
            if order[i] == j:
                out[j, i] = 1
        substitute(work, out[j])
    return out.T


@njit
def numpy_linalg_solve(a, b, result_type):
    n = square(a)
    if b.shape[0] != n:
        raise np.linalg.LinAlgError("Incompatible array sizes, system is not dimensionally valid.")
    work = matrix_of(a, result_type)
    order = np.arange(n)
    eliminate(work, order)
    singular(work)
    if b.ndim == 1:
        x = np.empty(n, result_type)
        for i in range(n):
            x[i] = b[order[i]]
        substitute(work, x)
        return x
    else:
        out = np.empty((b.shape[1], n), result_type)
        for j in range(b.shape[1]):
            for i in range(n):
                out[j, i] = b[order[i], j]
            substitute(work, out[j])
        return out.T


@njit
def numpy_linalg_cholesky(a, result_type):
    n = square(a)
    out = np.zeros((n, n), result_type)
    for j in range(n):
        total = np.real(a[j, j])
        for k in range(j):
            total -= np.real(out[j, k] * np.conj(out[j, k]))
        if not total > 0:
            raise np.linalg.LinAlgError("Matrix is not positive definite.")
        root = math.sqrt(total)
        out[j, j] = root
        for i in range(j + 1, n):
            item = a[i, j]
            for k in range(j):
                item -= out[i, k] * np.conj(out[j, k])
            out[i, j] = item / root
    return out


@njit
def length_of(x, result_type):
    scale = result_type(0)
    total = result_type(1)
    for v in x.flat:
        size = result_type(abs(v))
        if size != 0:
            if scale < size:
                total = 1 + total * (scale / size) ** 2
                scale = size
            else:
                total += (size / scale) ** 2
    return scale * math.sqrt(total)


@njit
def numpy_linalg_norm(x, ord, result_type):
    total = result_type(0)
    for v in x.flat:
        total += np.real(v * np.conj(v))
    size = result_type(math.sqrt(total))
    if np.isinf(size) or (size < 1e-140 and total >= 0):
        return length_of(x, result_type)
    return size


@njit
def numpy_linalg_norm_with_ord_1d(x, ord, result_type):
    n = len(x)
    if n == 0:
        return result_type(0)
    if ord == 2:
        return numpy_linalg_norm(x, None, result_type)
    if ord == np.inf or ord == -np.inf:
        best = abs(x[0])
        for v in x:
            if ord > 0 and abs(v) > best or ord < 0 and abs(v) < best:
                best = abs(v)
        return result_type(best)
    total = 0.0
    if ord == 0:
        for v in x:
            if v != 0:
                total += 1.0
        return result_type(total)
    if ord == 1:
        for v in x:
            total += abs(v)
        return result_type(total)
    for v in x:
        total += abs(v) ** ord
    return result_type(total ** (1.0 / ord))


@njit
def rotate(u, v, columns):
    m = u.shape[0]
    turned = False
    for p in range(columns - 1):
        for q in range(p + 1, columns):
            alpha = 0.0
            beta = 0.0
            gamma = 0.0
            for i in range(m):
                alpha += u[i, p] * u[i, p]
                beta += u[i, q] * u[i, q]
                gamma += u[i, p] * u[i, q]
            if abs(gamma) <= 1e-16 * math.sqrt(alpha * beta):
                continue
            turned = True
            zeta = (beta - alpha) / (2.0 * gamma)
            if zeta >= 0:
                t = 1.0 / (zeta + math.sqrt(1.0 + zeta * zeta))
            else:
                t = -1.0 / (-zeta + math.sqrt(1.0 + zeta * zeta))
            c = 1.0 / math.sqrt(1.0 + t * t)
            s = c * t
            for i in range(m):
                x = u[i, p]
                u[i, p] = c * x - s * u[i, q]
                u[i, q] = s * x + c * u[i, q]
            for i in range(v.shape[0]):
                x = v[i, p]
                v[i, p] = c * x - s * v[i, q]
                v[i, q] = s * x + c * v[i, q]
    return turned


@njit
def singular_values(a):
    if a.shape[0] >= a.shape[1]:
        work = matrix_of(a, np.float64)
    else:
        work = matrix_of(a.T, np.float64)
    n = work.shape[1]
    v = np.eye(n)
    for sweep in range(60):
        if not rotate(work, v, n):
            break
    sizes = np.empty(n, np.float64)
    for j in range(n):
        sizes[j] = length_of(work[:, j], np.float64)
    return np.sort(sizes)[::-1].copy()


@njit
def numpy_linalg_matrix_rank(A, tol):
    if A.ndim == 1:
        for v in A.flat:
            if v != 0:
                return 1
        return 0
    else:
        sizes = singular_values(A)
        if len(sizes) == 0:
            return 0
        if tol is None:
            least = sizes[0] * max(A.shape[0], A.shape[1]) * np.finfo(np.float64).eps
        else:
            least = tol
        rank = 0
        for size in sizes:
            if size > least:
                rank += 1
        return rank


@njit
def numpy_linalg_cond(x, p):
    sizes = singular_values(x)
    return sizes[0] / sizes[-1]


@njit
def numpy_linalg_matrix_power(a, n):
    count = n
    base = a.copy()
    if n < 0:
        base = np.ascontiguousarray(np.linalg.inv(a))
        count = -n
    out = np.zeros_like(base)
    for i in range(base.shape[0]):
        out[i, i] = 1
    while count > 0:
        if count & 1:
            out = np.dot(out, base)
        base = np.dot(base, base)
        count >>= 1
    return out


@njit
def orthonormal_tail(u, known):
    m = u.shape[0]
    at = known
    for e in range(m):
        if at == m:
            break
        x = np.zeros(m)
        x[e] = 1.0
        for again in range(2):
            for j in range(at):
                along = 0.0
                for i in range(m):
                    along += x[i] * u[i, j]
                for i in range(m):
                    x[i] -= along * u[i, j]
        size = length_of(x, np.float64)
        if size > 0.5 / math.sqrt(m):
            for i in range(m):
                u[i, at] = x[i] / size
            at += 1


@njit
def numpy_linalg_svd(a, full_matrices, result_type):
    tall = a.shape[0] >= a.shape[1]
    if tall:
        work = matrix_of(a, np.float64)
    else:
        work = matrix_of(a.T, np.float64)
    m, n = work.shape
    v = np.eye(n)
    for sweep in range(60):
        if not rotate(work, v, n):
            break
    sizes = np.empty(n, np.float64)
    for j in range(n):
        sizes[j] = length_of(work[:, j], np.float64)
    order = np.argsort(-sizes, kind="mergesort")
    left = np.zeros((m, m))
    right = np.zeros((n, n))
    known = 0
    for j in range(n):
        at = order[j]
        for i in range(n):
            right[i, j] = v[i, at]
        if sizes[at] > 0:
            for i in range(m):
                left[i, j] = work[i, at] / sizes[at]
            known += 1
    orthonormal_tail(left, known)
    width = m if full_matrices else n
    s = np.empty(n, result_type)
    for j in range(n):
        s[j] = sizes[order[j]]
    if tall:
        u = np.empty((width, m), result_type)
        for i in range(m):
            for j in range(width):
                u[j, i] = left[i, j]
        w = np.empty((n, n), result_type)
        for i in range(n):
            for j in range(n):
                w[i, j] = right[i, j]
    else:
        u = np.empty((n, n), result_type)
        for i in range(n):
            for j in range(n):
                u[j, i] = right[i, j]
        w = np.empty((m, width), result_type)
        for i in range(m):
            for j in range(width):
                w[i, j] = left[i, j]
    return u.T, s, w.T


@njit
def numpy_trapezoid(y, x, dx):
    total = 0.0
    if x is None:
        for i in range(len(y) - 1):
            total += dx * (y[i + 1] + y[i]) / 2.0
    else:
        for i in range(len(y) - 1):
            total += (x[i + 1] - x[i]) * (y[i + 1] + y[i]) / 2.0
    return total


@njit
def numpy_trapz(y, x, dx):
    return numpy_trapezoid(y, x, dx)


@njit
def numpy_vdot(left, right):
    return np.dot(np.conj(left), right)


@njit
def numpy_kron(a, b, result_type):
    p, q = b.shape
    out = np.empty((a.shape[0] * p, a.shape[1] * q), result_type)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            for k in range(p):
                for m in range(q):
                    out[i * p + k, j * q + m] = a[i, j] * b[k, m]
    return out


@njit
def numpy_linalg_slogdet(a, result_type):
    n = square(a)
    work = a.copy()
    order = np.arange(n)
    sign = result_type(eliminate(work, order))
    total = 0.0
    for i in range(n):
        size = abs(work[i, i])
        if size == 0:
            return result_type(0), -np.inf
        sign = sign * (work[i, i] / size)
        total += math.log(size)
    return sign, total


@njit
def numpy_linalg_qr(a, result_type):
    m, n = a.shape
    k = min(m, n)
    r = matrix_of(a, np.float64)
    q = np.eye(m)
    v = np.empty(m, np.float64)
    for c in range(min(m - 1, n)):
        tail = 0.0
        for i in range(c + 1, m):
            tail += r[i, c] * r[i, c]
        if tail == 0:
            continue
        first = r[c, c]
        size = math.sqrt(first * first + tail)
        target = -size if first >= 0 else size
        v[c] = first - target
        total = v[c] * v[c] + tail
        for i in range(c + 1, m):
            v[i] = r[i, c]
        for j in range(c, n):
            along = 0.0
            for i in range(c, m):
                along += v[i] * r[i, j]
            along = 2.0 * along / total
            for i in range(c, m):
                r[i, j] -= along * v[i]
        for i in range(m):
            along = 0.0
            for j in range(c, m):
                along += q[i, j] * v[j]
            along = 2.0 * along / total
            for j in range(c, m):
                q[i, j] -= along * v[j]
        for i in range(c + 1, m):
            r[i, c] = 0.0
    first_out = np.empty((k, m), result_type)
    for i in range(m):
        for j in range(k):
            first_out[j, i] = q[i, j]
    second_out = np.empty((n, k), result_type)
    for i in range(k):
        for j in range(n):
            second_out[j, i] = r[i, j]
    return first_out.T, second_out.T


@njit
def symmetric(a):
    n = square(a)
    w = np.empty((n, n), np.float64)
    for i in range(n):
        for j in range(i + 1):
            w[i, j] = a[i, j]
            w[j, i] = a[i, j]
    v = np.eye(n)
    for sweep in range(60):
        off = 0.0
        on = 0.0
        for i in range(n):
            on += w[i, i] * w[i, i]
            for j in range(i):
                off += w[i, j] * w[i, j]
        if off <= 1e-36 * on or off == 0:
            break
        for p in range(n - 1):
            for q in range(p + 1, n):
                if w[p, q] == 0:
                    continue
                theta = (w[q, q] - w[p, p]) / (2.0 * w[p, q])
                if theta >= 0:
                    t = 1.0 / (theta + math.sqrt(1.0 + theta * theta))
                else:
                    t = -1.0 / (-theta + math.sqrt(1.0 + theta * theta))
                c = 1.0 / math.sqrt(1.0 + t * t)
                s = t * c
                for i in range(n):
                    x = w[i, p]
                    w[i, p] = c * x - s * w[i, q]
                    w[i, q] = s * x + c * w[i, q]
                for i in range(n):
                    x = w[p, i]
                    w[p, i] = c * x - s * w[q, i]
                    w[q, i] = s * x + c * w[q, i]
                for i in range(n):
                    x = v[i, p]
                    v[i, p] = c * x - s * v[i, q]
                    v[i, q] = s * x + c * v[i, q]
    values = np.empty(n, np.float64)
    for i in range(n):
        values[i] = w[i, i]
    return values, v


@njit
def numpy_linalg_eigh(a, result_type):
    found, v = symmetric(a)
    n = len(found)
    order = np.argsort(found, kind="mergesort")
    values = np.empty(n, result_type)
    vectors = np.empty((n, n), result_type)
    for j in range(n):
        values[j] = found[order[j]]
        for i in range(n):
            vectors[j, i] = v[i, order[j]]
    return values, vectors.T


@njit
def numpy_linalg_eigvalsh(a, result_type):
    found, v = symmetric(a)
    found = np.sort(found)
    values = np.empty(len(found), result_type)
    for i in range(len(found)):
        values[i] = found[i]
    return values


@njit
def numpy_linalg_norm_with_ord_2d(x, ord, result_type):
    if x.size == 0:
        return result_type(0)
    if ord == 2 or ord == -2:
        sizes = singular_values(x)
        if ord == 2:
            return result_type(sizes[0])
        return result_type(sizes[-1])
    if ord != np.inf and ord != -np.inf and ord != 1 and ord != -1:
        raise ValueError("Invalid norm order for matrices.")
    if ord == 1 or ord == -1:
        lines, across = x.shape[1], x.shape[0]
    else:
        lines, across = x.shape
    best = 0.0
    for i in range(lines):
        total = 0.0
        for j in range(across):
            if ord == 1 or ord == -1:
                total += abs(x[j, i])
            else:
                total += abs(x[i, j])
        if i == 0 or ord > 0 and total > best or ord < 0 and total < best:
            best = total
    return result_type(best)
