"""Checks Python code meant for Numba's nopython mode: `find_jitcheck_bin()` says where the program is."""

from ._find import find_jitcheck_bin

__all__ = ["find_jitcheck_bin"]
