"""Linear algebra: what Numba's functions check and return, around the factorizations of the library."""
import math

import numpy as np
from jitcheck import linalg
from numba import njit


@njit
def finite(a):
    for v in a.flat:
        if not np.isfinite(v):
            raise np.linalg.LinAlgError("Array must not contain infs or NaNs.")


@njit
def square(a):
    if a.shape[0] != a.shape[1]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square.")
    finite(a)
    return a.shape[0]


@njit
def filled(a):
    if a.size == 0:
        raise np.linalg.LinAlgError("Arrays cannot be empty")
    finite(a)


@njit
def converged(status):
    if status != 0:
        raise ValueError("Internal algorithm failed to converge.")


@njit
def exchanges_are_odd(order):
    odd = False
    n = len(order)
    seen = np.zeros(n, np.bool_)
    for start in range(n):
        at = order[start]
        seen[start] = True
        while not seen[at]:
            seen[at] = True
            odd = not odd
            at = order[at]
    return odd


@njit
def eliminated(a, result_type):
    n = square(a)
    work = a.copy()
    order = np.empty(n, np.int64)
    linalg.lu(work, order)
    sign = result_type(1)
    if exchanges_are_odd(order):
        sign = -sign
    return work, sign


@njit
def numpy_linalg_slogdet(a, result_type):
    work, sign = eliminated(a, result_type)
    total = 0.0
    for i in range(work.shape[0]):
        size = abs(work[i, i])
        if size == 0:
            return result_type(0), -np.inf
        sign = sign * (work[i, i] / size)
        total += math.log(size)
    return sign, total


@njit
def numpy_linalg_det(a, result_type):
    work, total = eliminated(a, result_type)
    for i in range(work.shape[0]):
        total = total * work[i, i]
    return result_type(total)


@njit
def numpy_linalg_inv(a, result_type):
    n = square(a)
    out = np.zeros((n, n), result_type)
    for i in range(n):
        out[i, i] = 1
    if linalg.solve(a, out.T) != 0:
        raise np.linalg.LinAlgError("Matrix is singular to machine precision.")
    return out.T


@njit
def fitting(a, b):
    if a.shape[0] != b.shape[0]:
        raise np.linalg.LinAlgError("Incompatible array sizes, system is not dimensionally valid.")


@njit
def numpy_linalg_solve(a, b, result_type):
    square(a)
    finite(b)
    fitting(a, b)
    if b.ndim == 1:
        x = b.copy()
        if linalg.solve(a, x) != 0:
            raise np.linalg.LinAlgError("Matrix is singular to machine precision.")
        return x
    else:
        out = np.empty((b.shape[1], b.shape[0]), result_type)
        out.T[:, :] = b
        if linalg.solve(a, out.T) != 0:
            raise np.linalg.LinAlgError("Matrix is singular to machine precision.")
        return out.T


@njit
def numpy_linalg_cholesky(a, result_type):
    n = square(a)
    out = np.zeros((n, n), result_type)
    if linalg.cholesky(a, out) != 0:
        raise np.linalg.LinAlgError("Matrix is not positive definite.")
    return out


@njit
def numpy_linalg_qr(a, result_type):
    filled(a)
    m, n = a.shape
    least = min(m, n)
    q = np.empty((least, m), result_type)
    r = np.zeros((n, least), result_type)
    linalg.qr(a, q.T, r.T)
    return q.T, r.T


@njit
def numpy_linalg_svd(a, full_matrices, result_type):
    filled(a)
    m, n = a.shape
    least = min(m, n)
    left = m if full_matrices else least
    right = n if full_matrices else least
    u = np.empty((left, m), result_type)
    s = np.empty(least, a.real.dtype)
    vh = np.empty((n, right), result_type)
    converged(linalg.svd(a, u.T, s, vh.T))
    return u.T, s, vh.T


@njit
def singular_values(a):
    filled(a)
    s = np.empty(min(a.shape), a.real.dtype)
    nothing = np.empty((0, 0), a.dtype)
    converged(linalg.svd(a, nothing, s, nothing))
    return s


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
            least = sizes[0] * max(A.shape[0], A.shape[1]) * np.finfo(sizes.dtype).eps
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
    if sizes[-1] == 0:
        return np.inf
    return sizes[0] / sizes[-1]


@njit
def numpy_linalg_cond_with_p(x, p):
    if p == 2:
        return numpy_linalg_cond(x, None)
    if p == -2:
        sizes = singular_values(x)
        return sizes[-1] / sizes[0]
    return np.linalg.norm(x, p) * np.linalg.norm(np.linalg.inv(x), p)


@njit
def numpy_linalg_pinv(a, rcond, result_type):
    m, n = a.shape
    out = np.zeros((m, n), result_type)
    if a.size == 0:
        return out.T
    least = min(m, n)
    u = np.empty((m, least), result_type)
    s = np.empty(least, a.real.dtype)
    vh = np.empty((least, n), result_type)
    finite(a)
    converged(linalg.svd(a, u, s, vh))
    for k in range(least):
        if s[k] > s[0] * rcond:
            for i in range(m):
                scaled = np.conj(u[i, k]) / s[k]
                for j in range(n):
                    out[i, j] += scaled * np.conj(vh[k, j])
    return out.T


@njit
def numpy_linalg_lstsq(a, b, rcond, result_type):
    finite(a)
    finite(b)
    if a.size == 0 or b.size == 0:
        raise np.linalg.LinAlgError("Arrays cannot be empty")
    fitting(a, b)
    m, n = a.shape
    least = min(m, n)
    sides = b.reshape((m, 1)) if b.ndim == 1 else b
    u = np.empty((m, least), result_type)
    s = np.empty(least, a.real.dtype)
    vh = np.empty((least, n), result_type)
    converged(linalg.svd(a, u, s, vh))
    cut = s[0] * (rcond if rcond >= 0 else np.finfo(s.dtype).eps)
    x = np.zeros((n, sides.shape[1]), result_type)
    rank = 0
    for k in range(least):
        if s[k] > cut:
            rank += 1
            for c in range(sides.shape[1]):
                along = result_type(0)
                for i in range(m):
                    along += np.conj(u[i, k]) * sides[i, c]
                along = along / s[k]
                for j in range(n):
                    x[j, c] += along * np.conj(vh[k, j])
    residuals = np.zeros(0 if rank < n or m <= n else sides.shape[1], a.real.dtype)
    for c in range(len(residuals)):
        for i in range(m):
            rest = sides[i, c]
            for j in range(n):
                rest -= a[i, j] * x[j, c]
            residuals[c] += np.real(rest * np.conj(rest))
    if b.ndim == 1:
        return x.ravel(), residuals, np.int32(rank), s
    else:
        return x, residuals, np.int32(rank), s


@njit
def numpy_linalg_eigh(a, result_type):
    n = square(a)
    values = np.empty(n, result_type)
    vectors = np.empty((n, n), a.dtype)
    converged(linalg.eigh(a, values, vectors.T))
    return values, vectors.T


@njit
def numpy_linalg_eigvalsh(a, result_type):
    n = square(a)
    values = np.empty(n, result_type)
    vectors = np.empty((n, n), a.dtype)
    converged(linalg.eigh(a, values, vectors))
    return values


@njit
def kept(out, at, value):
    if isinstance(out[at], complex):
        out[at] = value
        return True
    else:
        out[at] = value.real
        return value.imag == 0


@njit
def numpy_linalg_eig(a, result_type):
    n = square(a)
    values = np.empty(n, np.complex128)
    vectors = np.empty((n, n), np.complex128)
    converged(linalg.eig(a, values, vectors))
    out_values = np.empty(n, result_type)
    out = np.empty((n, n), result_type)
    for k in range(n):
        if not kept(out_values, k, values[k]):
            raise ValueError("eig() argument must not cause a domain change.")
        for i in range(n):
            kept(out[k], i, vectors[i, k])
    return out_values, out.T


@njit
def numpy_linalg_eigvals(a, result_type):
    n = square(a)
    values = np.empty(n, np.complex128)
    nothing = np.empty((0, 0), np.complex128)
    converged(linalg.eig(a, values, nothing))
    out = np.empty(n, result_type)
    for k in range(n):
        if not kept(out, k, values[k]):
            raise ValueError("eigvals() argument must not cause a domain change.")
    return out


@njit
def numpy_roots(p, result_type):
    first = 0
    last = len(p)
    while first < last and p[first] == 0:
        first += 1
    while last > first and p[last - 1] == 0:
        last -= 1
    n = last - first
    if n == 0:
        return np.zeros(0, result_type)
    companion = np.zeros((n - 1, n - 1), result_type)
    for i in range(n - 1):
        companion[0, i] = -p[first + i + 1] / p[first]
        if i > 0:
            companion[i, i - 1] = 1
    values = np.empty(n - 1, np.complex128)
    nothing = np.empty((0, 0), np.complex128)
    finite(companion)
    converged(linalg.eig(companion, values, nothing))
    out = np.zeros(n - 1 + len(p) - last, result_type)
    for k in range(n - 1):
        if not kept(out, k, values[k]):
            raise ValueError("eigvals() argument must not cause a domain change.")
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


@njit
def numpy_linalg_matrix_power(a, n):
    count = n
    base = a.copy()
    if base.shape[0] != base.shape[1]:
        raise ValueError("input must be a square array")
    if n < 0:
        base[:, :] = np.linalg.inv(a)
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
