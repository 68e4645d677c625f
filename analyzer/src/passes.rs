//! Numba's untyped passes, one file each, in Numba's order. They run per specialization, before typing.
