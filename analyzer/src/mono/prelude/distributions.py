"""Distributions that are made from other random numbers than uniform ones."""
import math

import numpy as np
from numba import njit


@njit
def numpy_random_standard_t(df, size):
    x = np.random.standard_normal()
    spread = np.random.standard_gamma(df / 2.0)
    return math.sqrt(df / 2.0) * x / math.sqrt(spread)


@njit
def numpy_random_f(dfnum, dfden, size):
    above = np.random.chisquare(dfnum) * dfden
    return above / (np.random.chisquare(dfden) * dfnum)


@njit
def numpy_random_geometric(p, size):
    if p <= 0.0 or p > 1.0:
        raise ValueError("geometric(): p outside of (0, 1]")
    if p < 0.333333333333333333333333:
        return math.ceil(math.log(1.0 - np.random.random()) / math.log(1.0 - p))
    u = np.random.random()
    tries, chance, below = 1, p, p
    while u > below:
        chance *= 1.0 - p
        below += chance
        tries += 1
    return tries


@njit
def numpy_random_negative_binomial(n, p):
    if n <= 0:
        raise ValueError("negative_binomial(): n <= 0")
    if p < 0.0 or p > 1.0:
        raise ValueError("negative_binomial(): p outside of [0, 1]")
    return np.random.poisson(np.random.gamma(n, (1.0 - p) / p))


@njit
def numpy_random_wald(mean, scale, size):
    if mean <= 0.0:
        raise ValueError("wald(): mean <= 0")
    if scale <= 0.0:
        raise ValueError("wald(): scale <= 0")
    half = mean / (2.0 * scale)
    y = np.random.standard_normal()
    y = mean * y * y
    x = mean + half * (y - math.sqrt(4 * scale * y + y * y))
    if np.random.random() <= mean / (mean + x):
        return x
    return mean * mean / x


@njit
def numpy_random_zipf(a, size):
    if a <= 1.0:
        raise ValueError("zipf(): a <= 1")
    less = a - 1.0
    b = 2.0**less
    while True:
        u = 1.0 - np.random.random()
        v = np.random.random()
        x = math.floor(u ** (-1.0 / less))
        if x > 9223372036854775807.0 or x < 1.0:
            continue
        t = (1.0 + 1.0 / x) ** less
        if v * x * (t - 1.0) / (b - 1.0) <= t / b:
            return int(x)


@njit
def vonmises_of(mu, kappa):
    if kappa <= 1e-6:
        return 2.0 * math.pi * np.random.random()
    s = 0.5 / kappa
    r = s + math.sqrt(1.0 + s * s)
    while True:
        z = math.cos(math.pi * np.random.random())
        d = z / (r + z)
        u = np.random.random()
        if u < 1.0 - d * d or u <= (1.0 - d) * math.exp(d):
            break
    q = 1.0 / r
    turn = math.acos((q + z) / (1.0 + q * z))
    if np.random.random() > 0.5:
        return (mu + turn) % (2.0 * math.pi)
    return (mu - turn) % (2.0 * math.pi)


@njit
def numpy_random_vonmises(mu, kappa, size):
    return vonmises_of(mu, kappa)


@njit
def random_vonmisesvariate(mu, kappa):
    return vonmises_of(mu, kappa)


@njit
def random_paretovariate(alpha):
    return 1.0 / (1.0 - np.random.random()) ** (1.0 / alpha)


@njit
def random_weibullvariate(alpha, beta):
    return alpha * (-math.log(1.0 - np.random.random())) ** (1.0 / beta)


@njit
def numpy_random_hypergeometric(ngood, nbad, nsample, size):
    rest = int(nbad) + int(ngood) - int(nsample)
    fewer = float(min(nbad, ngood))
    y = fewer
    k = int(nsample)
    while y > 0.0 and k > 0:
        y -= math.floor(np.random.random() + y / (rest + k))
        k -= 1
    taken = int(fewer - y)
    if ngood > nbad:
        return int(nsample) - taken
    return taken
