"""Special functions that programs take from `scipy.special` as pointers to C functions."""
import math

import numpy as np
from numba import njit


@njit
def scipy_special_xlogy(x, y):
    if x == 0.0 and not math.isnan(y):
        return 0.0
    return x * np.log(y)


@njit
def scipy_special_xlog1py(x, y):
    if x == 0.0 and not math.isnan(y):
        return 0.0
    return x * np.log1p(y)


@njit
def scipy_special_erf(x):
    return math.erf(x)


@njit
def scipy_special_erfc(x):
    return math.erfc(x)


@njit
def scipy_special_gamma(x):
    return math.gamma(x)


@njit
def scipy_special_gammaln(x):
    return math.lgamma(x)


@njit
def scipy_special_expit(x):
    return 1.0 / (1.0 + math.exp(-x))


@njit
def scipy_special_logit(x):
    return np.log(x / (1.0 - x))


@njit
def scipy_special_ndtr(x):
    return 0.5 * math.erfc(-x * 0.7071067811865476)


@njit
def erfcx_tail(x):
    # Laplace's continued fraction, from its end.
    f = 0.0
    for k in range(120, 0, -1):
        f = 0.5 * k / (x + f)
    return 0.5641895835477563 / (x + f)


@njit
def scipy_special_erfcx(x):
    if x < -26.7:
        return np.inf
    if x < 2.0:
        # The square's rounding error, put back.
        high = np.float64(np.float32(x))
        low = (x - high) * (x + high)
        return math.exp(high * high) * math.exp(low) * math.erfc(x)
    return erfcx_tail(x)


@njit
def scipy_special_log_ndtr(x):
    if x > -1.0:
        return math.log1p(-0.5 * math.erfc(x * 0.7071067811865476))
    return -0.5 * x * x + math.log(0.5 * scipy_special_erfcx(-x * 0.7071067811865476))


@njit
def ndtri_middle(q):
    r = 0.180625 - q * q
    above = 2.5090809287301226727e3
    for c in (3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4, 1.3731693765509461125e4,
              1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080):
        above = above * r + c
    below = 5.2264952788528545610e3
    for c in (2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4, 5.3941960214247511077e3,
              6.8718700749205790830e2, 4.2313330701600911252e1, 1.0):
        below = below * r + c
    return q * above / below


@njit
def ndtri_side(r):
    r -= 1.6
    above = 7.74545014278341407640e-4
    for c in (2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258, 3.64784832476320460504,
              5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734):
        above = above * r + c
    below = 1.05075007164441684324e-9
    for c in (5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
              6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1.0):
        below = below * r + c
    return above / below


@njit
def ndtri_tail(r):
    r -= 5.0
    above = 2.01033439929228813265e-7
    for c in (2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
              2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720):
        above = above * r + c
    below = 2.04426310338993978564e-15
    for c in (1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
              1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0):
        below = below * r + c
    return above / below


@njit
def scipy_special_ndtri(p):
    if math.isnan(p) or p < 0.0 or p > 1.0:
        return np.nan
    if p == 0.0:
        return -np.inf
    if p == 1.0:
        return np.inf
    q = p - 0.5
    if abs(q) <= 0.425:
        return ndtri_middle(q)
    r = math.sqrt(-math.log(min(p, 1.0 - p)))
    x = ndtri_side(r) if r <= 5.0 else ndtri_tail(r)
    return -x if q < 0.0 else x


@njit
def gamma_series(a, x):
    term = 1.0 / a
    total = term
    n = a
    for _ in range(100000):
        n += 1.0
        term *= x / n
        total += term
        if term < total * 1e-17:
            break
    return total * math.exp(a * math.log(x) - x - math.lgamma(a))


@njit
def gamma_fraction(a, x):
    b = x + 1.0 - a
    c = 1e300
    d = 1.0 / b
    f = d
    for i in range(1, 100000):
        n = -i * (i - a)
        b += 2.0
        d = n * d + b
        if d == 0.0:
            d = 1e-300
        c = b + n / c
        if c == 0.0:
            c = 1e-300
        d = 1.0 / d
        f *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return f * math.exp(a * math.log(x) - x - math.lgamma(a))


@njit
def scipy_special_gammainc(a, x):
    if math.isnan(a) or math.isnan(x) or a < 0.0 or x < 0.0:
        return np.nan
    if a == 0.0:
        return 1.0 if x > 0.0 else np.nan
    if x == 0.0:
        return 0.0
    if math.isinf(x):
        return 1.0
    if x < a + 1.0:
        return gamma_series(a, x)
    return 1.0 - gamma_fraction(a, x)


@njit
def scipy_special_gammaincc(a, x):
    if math.isnan(a) or math.isnan(x) or a < 0.0 or x < 0.0:
        return np.nan
    if a == 0.0:
        return 0.0 if x > 0.0 else np.nan
    if x == 0.0:
        return 1.0
    if math.isinf(x):
        return 0.0
    if x < a + 1.0:
        return 1.0 - gamma_series(a, x)
    return gamma_fraction(a, x)


@njit
def gamma_quantile_start(a, p):
    if a > 1.0:
        z = scipy_special_ndtri(p)
        third = 1.0 / (9.0 * a)
        return max(a * (1.0 - third + z * math.sqrt(third)) ** 3, 1e-300)
    t = 1.0 - a * (0.253 + a * 0.12)
    if p < t:
        return (p / t) ** (1.0 / a)
    return 1.0 - math.log(1.0 - (p - t) / (1.0 - t))


@njit
def scipy_special_gammaincinv(a, p):
    if math.isnan(a) or math.isnan(p) or a < 0.0 or p < 0.0 or p > 1.0:
        return np.nan
    if p == 0.0:
        return 0.0
    if p == 1.0:
        return np.inf
    x = gamma_quantile_start(a, p)
    low, high = 0.0, np.inf
    for _ in range(200):
        if x < a + 1.0:
            error = gamma_series(a, x) - p
        else:
            error = (1.0 - p) - gamma_fraction(a, x)
        if error > 0.0:
            high = x
        else:
            low = x
        slope = math.exp((a - 1.0) * math.log(x) - x - math.lgamma(a))
        step = error / slope if slope > 0.0 else np.inf
        bend = step * ((a - 1.0) / x - 1.0) * 0.5
        if abs(bend) < 0.5:
            step /= 1.0 - bend
        after = x - step
        if not (low < after < high):
            after = 2.0 * x if math.isinf(high) else 0.5 * (low + high)
        if abs(after - x) <= 1e-16 * abs(after):
            return after
        x = after
    return x


@njit
def beta_fraction(a, b, x):
    c = 1.0
    d = 1.0 - (a + b) * x / (a + 1.0)
    if d == 0.0:
        d = 1e-300
    d = 1.0 / d
    f = d
    for m in range(1, 10000):
        n = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        for _ in range(2):
            d = 1.0 + n * d
            if d == 0.0:
                d = 1e-300
            c = 1.0 + n / c
            if c == 0.0:
                c = 1e-300
            d = 1.0 / d
            last = d * c
            f *= last
            n = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        if abs(last - 1.0) < 1e-16:
            break
    return f


@njit
def scipy_special_betainc(a, b, x):
    if math.isnan(a) or math.isnan(b) or math.isnan(x) or a < 0.0 or b < 0.0 or x < 0.0 or x > 1.0:
        return np.nan
    if x == 0.0 or x == 1.0:
        return x
    size = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(size + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * beta_fraction(a, b, x) / a
    return 1.0 - front * beta_fraction(b, a, 1.0 - x) / b
