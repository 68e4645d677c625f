"""Random numbers of NumPy's legacy generator, made from its uniform ones."""
import math
import random

import numpy as np
from numba import njit


@njit
def numpy_random_uniform(low, high, size):
    return low + np.random.random() * (high - low)


@njit
def numpy_random_uniform_with_size(low, high, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = low + np.random.random() * (high - low)
    return out


@njit
def random_uniform(a, b):
    return a + np.random.random() * (b - a)


@njit
def numpy_random_random_with_size(size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = np.random.random()
    return out


@njit
def numpy_random_rand(n, result_type):
    return numpy_random_random_with_size(n, result_type)


@njit
def bits_below(n):
    bits = 0
    while n > 0:
        bits += 1
        n >>= 1
    return bits


@njit
def integer_below(n):
    if n <= 0:
        raise ValueError("empty range for randrange()")
    if n == 1:
        return 0
    bits = bits_below(n - 1)
    while True:
        if bits <= 32:
            r = np.int64(random.getrandbits(32)) & ((1 << bits) - 1)
        else:
            high = np.int64(random.getrandbits(32)) & ((1 << (bits - 32)) - 1)
            r = (high << 32) + np.int64(random.getrandbits(32))
        if r < n:
            return r


@njit
def python_integer_below(n):
    if n <= 0:
        raise ValueError("empty range for randrange()")
    bits = bits_below(n)
    while True:
        if bits <= 32:
            r = np.int64(random.getrandbits(32)) >> (32 - bits)
        else:
            low = np.int64(random.getrandbits(32))
            r = ((np.int64(random.getrandbits(32)) >> (64 - bits)) << 32) + low
        if r < n:
            return r


@njit
def random_randint(a, b):
    return a + python_integer_below(np.int64(b) - a + 1)


@njit
def random_randrange(start, stop, step):
    if stop is None:
        return python_integer_below(np.int64(start))
    elif step is None:
        return start + python_integer_below(np.int64(stop) - start)
    else:
        n = np.int64(stop) - start
        if step < 0:
            n = (n + step + 1) // step
        elif step > 1:
            n = (n + step - 1) // step
        return start + python_integer_below(n) * step


@njit
def numpy_random_randint(low, high, size):
    if high is None:
        return integer_below(np.int64(low))
    else:
        return low + integer_below(np.int64(high) - low)


@njit
def randint_into(low, high, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = low + integer_below(np.int64(high) - low)
    return out


@njit
def numpy_random_randint_with_size(low, high, size, result_type):
    if high is None:
        return randint_into(0, low, size, result_type)
    else:
        return randint_into(low, high, size, result_type)


@njit
def numpy_random_shuffle(x):
    if x.ndim == 1:
        i = len(x) - 1
        while i > 0:
            j = integer_below(i + 1)
            x[i], x[j] = x[j], x[i]
            i -= 1
    else:
        at = x.shape[0] - 1
        while at > 0:
            to = integer_below(at + 1)
            kept = x[at].copy()
            x[at] = x[to].copy()
            x[to] = kept
            at -= 1


@njit
def random_shuffle(x):
    i = len(x) - 1
    while i > 0:
        j = python_integer_below(i + 1)
        x[i], x[j] = x[j], x[i]
        i -= 1


@njit
def numpy_random_permutation(x):
    if isinstance(x, int):
        out = np.arange(x)
        numpy_random_shuffle(out)
        return out
    else:
        copy = x.copy()
        numpy_random_shuffle(copy)
        return copy


@njit
def numpy_random_choice(a, size, replace):
    if isinstance(a, int):
        return integer_below(np.int64(a))
    else:
        return a[integer_below(np.int64(len(a)))]


@njit
def numpy_random_choice_with_size(a, size, replace, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    if isinstance(a, int):
        n = a
    else:
        n = len(a)
    if replace:
        for i in range(len(flat)):
            if isinstance(a, int):
                flat[i] = integer_below(np.int64(n))
            else:
                flat[i] = a[integer_below(np.int64(n))]
    else:
        if len(flat) > n:
            raise ValueError("Cannot take a larger sample than population when 'replace=False'")
        permuted = numpy_random_permutation(a)
        for i in range(len(flat)):
            flat[i] = permuted[i]
    return out


@njit
def gamma_of(shape, scale):
    if shape <= 0.0 or scale <= 0.0:
        raise ValueError("gammavariate: alpha and beta must be > 0.0")
    if shape > 1.0:
        root = math.sqrt(2.0 * shape - 1.0)
        low = shape - math.log(4.0)
        slope = shape + root
        while True:
            u = np.random.random()
            if not 1e-7 < u < 0.9999999:
                continue
            w = 1.0 - np.random.random()
            v = math.log(u / (1.0 - u)) / root
            x = shape * math.exp(v)
            z = u * u * w
            r = low + slope * v - x
            if r + (1.0 + math.log(4.5)) - 4.5 * z >= 0.0 or r >= math.log(z):
                return x * scale
    elif shape == 1.0:
        return -math.log(1.0 - np.random.random()) * scale
    else:
        b = (math.e + shape) / math.e
        while True:
            p = b * np.random.random()
            if p <= 1.0:
                y = p ** (1.0 / shape)
            else:
                y = -math.log((b - p) / shape)
            u = np.random.random()
            if p > 1.0:
                if u <= y ** (shape - 1.0):
                    return y * scale
            elif u <= math.exp(-y):
                return y * scale


@njit
def beta_of(a, b):
    y = gamma_of(a, 1.0)
    if y == 0.0:
        return 0.0
    return y / (y + gamma_of(b, 1.0))


@njit
def poisson_of(lam):
    if lam < 0.0:
        raise ValueError("poisson(): lambda < 0")
    if lam == 0.0:
        return 0
    if lam < 10.0:
        least = math.exp(-lam)
        n = 0
        product = 1.0
        while True:
            product *= np.random.random()
            if product <= least:
                return n
            n += 1
    log_lam = math.log(lam)
    b = 0.931 + 2.53 * math.sqrt(lam)
    a = -0.059 + 0.02483 * b
    inverse = 1.1239 + 1.1328 / (b - 3.4)
    most = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = np.random.random() - 0.5
        v = np.random.random()
        us = 0.5 - math.fabs(u)
        k = int(math.floor((2 * a / us + b) * u + lam + 0.43))
        if us >= 0.07 and v <= most:
            return k
        if k < 0 or (us < 0.013 and v > us):
            continue
        if math.log(v) + math.log(inverse) - math.log(a / (us * us) + b) <= -lam + k * log_lam - math.lgamma(k + 1):
            return k


@njit
def triangular_of(left, mode, right):
    if right == left:
        return left * 1.0
    u = np.random.random()
    c = (mode - left) / (right - left)
    if u > c:
        return right + (left - right) * math.sqrt((1.0 - u) * (1.0 - c))
    return left + (right - left) * math.sqrt(u * c)


@njit
def random_gammavariate(alpha, beta):
    return gamma_of(alpha, beta)


@njit
def random_betavariate(alpha, beta):
    return beta_of(alpha, beta)


@njit
def random_gauss(mu, sigma):
    return mu + sigma * random.gauss(0.0, 1.0)


@njit
def random_normalvariate(mu, sigma):
    return mu + sigma * random.gauss(0.0, 1.0)


@njit
def random_lognormvariate(mu, sigma):
    return math.exp(mu + sigma * random.gauss(0.0, 1.0))


@njit
def random_expovariate(lambd):
    return -math.log(1.0 - np.random.random()) / lambd


@njit
def numpy_random_randn(n, result_type):
    out = np.empty(n, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = random.gauss(0.0, 1.0)
    return out


@njit
def numpy_random_normal(loc, scale, size):
    return loc + scale * random.gauss(0.0, 1.0)


@njit
def numpy_random_normal_with_size(loc, scale, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = loc + scale * random.gauss(0.0, 1.0)
    return out


@njit
def numpy_random_standard_normal(size):
    return random.gauss(0.0, 1.0)


@njit
def numpy_random_standard_normal_with_size(size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = random.gauss(0.0, 1.0)
    return out


@njit
def numpy_random_lognormal(mean, sigma, size):
    return math.exp(mean + sigma * random.gauss(0.0, 1.0))


@njit
def numpy_random_lognormal_with_size(mean, sigma, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = math.exp(mean + sigma * random.gauss(0.0, 1.0))
    return out


@njit
def numpy_random_exponential(scale, size):
    return -math.log(1.0 - np.random.random()) * scale


@njit
def numpy_random_exponential_with_size(scale, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = -math.log(1.0 - np.random.random()) * scale
    return out


@njit
def numpy_random_standard_exponential(size):
    return -math.log(1.0 - np.random.random())


@njit
def numpy_random_standard_exponential_with_size(size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = -math.log(1.0 - np.random.random())
    return out


@njit
def numpy_random_gamma(shape, scale, size):
    return gamma_of(shape, scale)


@njit
def numpy_random_gamma_with_size(shape, scale, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = gamma_of(shape, scale)
    return out


@njit
def numpy_random_standard_gamma(shape, size):
    return gamma_of(shape, 1.0)


@njit
def numpy_random_standard_gamma_with_size(shape, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = gamma_of(shape, 1.0)
    return out


@njit
def numpy_random_beta(a, b, size):
    return beta_of(a, b)


@njit
def numpy_random_beta_with_size(a, b, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = beta_of(a, b)
    return out


@njit
def numpy_random_chisquare(df, size):
    return 2.0 * gamma_of(df / 2.0, 1.0)


@njit
def numpy_random_chisquare_with_size(df, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = 2.0 * gamma_of(df / 2.0, 1.0)
    return out


@njit
def numpy_random_poisson(lam, size):
    return poisson_of(lam)


@njit
def numpy_random_poisson_with_size(lam, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = poisson_of(lam)
    return out


@njit
def numpy_random_triangular(left, mode, right, size):
    return triangular_of(left, mode, right)


@njit
def numpy_random_triangular_with_size(left, mode, right, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = triangular_of(left, mode, right)
    return out


@njit
def numpy_random_pareto(a, size):
    return 1.0 / (1.0 - np.random.random()) ** (1.0 / a) - 1


@njit
def numpy_random_pareto_with_size(a, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = 1.0 / (1.0 - np.random.random()) ** (1.0 / a) - 1
    return out


@njit
def numpy_random_rayleigh(scale, size):
    return scale * math.sqrt(-2.0 * math.log(1.0 - np.random.random()))


@njit
def numpy_random_rayleigh_with_size(scale, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = scale * math.sqrt(-2.0 * math.log(1.0 - np.random.random()))
    return out


@njit
def numpy_random_weibull(a, size):
    return (-math.log(1.0 - np.random.random())) ** (1.0 / a)


@njit
def numpy_random_weibull_with_size(a, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = (-math.log(1.0 - np.random.random())) ** (1.0 / a)
    return out


@njit
def numpy_random_standard_cauchy(size):
    return random.gauss(0.0, 1.0) / random.gauss(0.0, 1.0)


@njit
def numpy_random_standard_cauchy_with_size(size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = random.gauss(0.0, 1.0) / random.gauss(0.0, 1.0)
    return out


@njit
def laplace_of(loc, scale):
    u = np.random.random()
    if u < 0.5:
        return loc + scale * math.log(u + u)
    return loc - scale * math.log(2.0 - u - u)


@njit
def logistic_of(loc, scale):
    u = np.random.random()
    return loc + scale * math.log(u / (1.0 - u))


@njit
def numpy_random_laplace(loc, scale, size):
    return laplace_of(loc, scale)


@njit
def numpy_random_laplace_with_size(loc, scale, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = laplace_of(loc, scale)
    return out


@njit
def numpy_random_logistic(loc, scale, size):
    return logistic_of(loc, scale)


@njit
def numpy_random_logistic_with_size(loc, scale, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = logistic_of(loc, scale)
    return out


@njit
def numpy_random_gumbel(loc, scale, size):
    return loc - scale * math.log(-math.log(1.0 - np.random.random()))


@njit
def numpy_random_gumbel_with_size(loc, scale, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = loc - scale * math.log(-math.log(1.0 - np.random.random()))
    return out


@njit
def numpy_random_power(a, size):
    return (1 - math.exp(-(-math.log(1.0 - np.random.random())))) ** (1.0 / a)


@njit
def numpy_random_power_with_size(a, size, result_type):
    out = np.empty(size, result_type)
    flat = out.ravel()
    for i in range(len(flat)):
        flat[i] = (1 - math.exp(-(-math.log(1.0 - np.random.random())))) ** (1.0 / a)
    return out


@njit
def random_bits(k):
    if k <= 32:
        return np.uint64(random.getrandbits(32)) >> np.uint64(32 - k)
    low = np.uint64(random.getrandbits(32))
    return low + ((np.uint64(random.getrandbits(32)) >> np.uint64(64 - k)) << np.uint64(32))


@njit
def random_getrandbits(k):
    if k < 1 or k > 64:
        raise OverflowError("getrandbits() limited to 64 bits")
    return random_bits(k)
