"""Values on their way to and from `jitcheck run --batch`, and when two of them are the same."""
import numpy as np


def argument(ty, data):
    """The Python value for a type's spelling."""
    if ty.startswith("array("):
        elem, rank, layout = ty[6:-1].split(", ")
        array = np.array(data, dtype=elem)
        if layout == "F":
            return np.asfortranarray(array)
        if layout == "A":
            wide = np.zeros([2 * length for length in array.shape], dtype=elem)
            view = wide[tuple(slice(None, None, 2) for _ in array.shape)]
            view[...] = array
            return view
        return array
    if ty.startswith(("UniTuple", "Tuple")):
        return data
    if ty in ("int64", "float64", "bool", "complex128"):
        return data
    return np.dtype(ty).type(data)


def encode(value, arrays):
    if isinstance(value, (bool, np.bool_)):
        return {"k": "bool", "v": str(bool(value))}
    if isinstance(value, (int, np.integer)):
        return {"k": "int", "v": str(int(value))}
    if isinstance(value, (float, np.floating)):
        return {"k": "float", "v": repr(float(value)), "hex": float(value).hex()}
    if isinstance(value, (complex, np.complexfloating)):
        return {"k": "complex", "v": str(complex(value))}
    if isinstance(value, tuple):
        return {"k": "tuple", "items": [encode(item, arrays) for item in value]}
    key = f"a{len(arrays)}"
    arrays[key] = value
    flags = value.flags
    return {"k": "ndarray", "key": key, "dtype": value.dtype.str, "shape": list(value.shape),
            "strides": list(value.strides), "c": bool(flags.c_contiguous), "f": bool(flags.f_contiguous),
            "aligned": True, "writeable": bool(flags.writeable)}


def number(text):
    return float(text) if text in ("nan", "inf", "-inf") else float.fromhex(text)


def decode(value, arrays):
    kind = value["k"]
    if kind in ("tuple", "list"):
        items = [decode(item, arrays) for item in value["items"]]
        return tuple(items) if kind == "tuple" else items
    return {
        "none": lambda: None,
        "bool": lambda: str(value["v"]) in ("True", "true", "1"),
        "int": lambda: int(value["v"]),
        "float": lambda: number(value["hex"]),
        "complex": lambda: complex(*map(number, value["v"])),
        "ndarray": lambda: arrays[value["key"]],
        "str": lambda: value["v"],
    }.get(kind, lambda: ("opaque", kind))()


def plain(value):
    """NumPy's scalars as Python's."""
    if isinstance(value, (tuple, list)):
        return type(value)(plain(item) for item in value)
    return value.item() if isinstance(value, np.generic) else value


def close(a, b, tolerance):
    """Equal, both not a number, or apart by rounding of library functions only."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    if a.tobytes() == b.tobytes():
        return True
    with np.errstate(all="ignore"):
        if a.dtype.kind == "c" or b.dtype.kind == "c":
            return close(a.real, b.real, tolerance) and close(a.imag, b.imag, tolerance)
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        bound = tolerance * np.maximum(np.abs(a), np.abs(b))
        return bool(np.all(same | (np.abs(a - b) <= bound)))


def same(a, b, tolerance):
    """Why two results differ; nothing if they do not."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
            return f"{type(a).__name__} and {type(b).__name__}"
        if a.dtype != b.dtype or a.shape != b.shape:
            return f"{a.dtype}{a.shape} and {b.dtype}{b.shape}"
        exact = a.dtype.kind not in "fc"
        return None if close(a, b, 0 if exact else tolerance) else f"{a.tolist()} and {b.tolist()}"
    if isinstance(a, (tuple, list)):
        if not isinstance(b, (tuple, list)) or len(a) != len(b):
            return f"{a} and {b}"
        return next((why for why in (same(x, y, tolerance) for x, y in zip(a, b)) if why), None)
    inexact = isinstance(a, (float, complex, np.floating, np.complexfloating))
    if inexact and isinstance(b, (float, complex)):
        return None if close(a, b, tolerance) else f"{a!r} and {b!r}"
    if type(a) is bool or type(b) is bool or isinstance(a, np.bool_):
        return None if bool(a) == b and type(b) is bool else f"{a!r} and {b!r}"
    return None if a == b and type(a) is type(b) else f"{a!r} and {b!r}"
