"""Kernels that a process must be kept safe from."""

import numpy as np
from numba import njit


# jitcheck: run forever()
@njit
def forever():
    i = 0
    while True:
        i += 1
    return i


# jitcheck: run deep(1)
@njit
def deep(n):
    return deep(n + 1) + 1 if n > 0 else 0


# jitcheck: run eat(10**11)
@njit
def eat(n):
    return np.ones(n).sum()


# jitcheck: run eat_list(1)
@njit
def eat_list(n):
    out = [n]
    while True:
        out.append(n)
    return len(out)


# jitcheck: run wild(np.ones(3), 10**12)
@njit
def wild(a, i):
    a[i] = 1.0
    return a[0]


# jitcheck: run divide(1, 0)
@njit
def divide(a, b):
    return a // b


# jitcheck: run smallest(-2**63, -1)
@njit
def smallest(a, b):
    return a // b


# jitcheck: run talk(2000000)
@njit
def talk(n):
    for i in range(n):
        print("0123456789 0123456789 0123456789 0123456789 012345", i)
    return n
