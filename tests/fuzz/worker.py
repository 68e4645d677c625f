"""Calls the kernels of a module under Numba or under the interpreter.

Started by `fuzz.py`. Reads and writes pickles; arguments come as types and data, for pickled arrays lose their layout.
"""
import gc
import importlib.util
import os
import pickle
import sys
import warnings

import compare

os.environ.setdefault("NUMBA_BOUNDSCHECK", "1")
# Without optimisation every kernel with a set ends the process.
os.environ.setdefault("NUMBA_OPT", "1")
os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")


def interpreted(path):
    """The module with a decorator that does nothing."""
    import types

    stub = types.ModuleType("numba")
    stub.njit = lambda given=None, **options: given if callable(given) else (lambda function: function)
    sys.modules["numba"] = stub
    return load(path)


def load(path):
    spec = importlib.util.spec_from_file_location("kernels", path)
    module = importlib.util.module_from_spec(spec)
    # Numba finds the machine code of a function that calls itself by the name of its module.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def call(function, args, numba):
    try:
        value = function(*args)
        ret = str(function.nopython_signatures[-1].return_type) if numba else None
        return {"status": "returned", "value": value, "type": ret, "args": args}
    except Exception as error:
        refused = numba and (type(error).__module__.startswith("numba") or not function.signatures)
        status = "refused" if refused else "raised"
        line, trace = None, error.__traceback__
        while trace:
            line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == sys.argv[2] else line
            trace = trace.tb_next
        return {"status": status, "class": type(error).__name__, "message": str(error), "line": line, "args": args}


def main():
    # Numba makes millions of objects that live as long as the process.
    gc.disable()
    who, path, calls, out = sys.argv[1:]
    warnings.simplefilter("ignore")
    import numpy

    # Strictly, NumPy's scalars raise where they are divided by zero, as Numba's do, and even where zero is.
    numpy.seterr(all="ignore")
    if who.startswith("strict"):
        numpy.seterr(divide="raise", invalid="raise" if who == "strictest" else "ignore")
    module = load(path) if who == "numba" else interpreted(path)
    with open(calls, "rb") as file, open(out, "ab", buffering=0) as answers:
        for name, args in pickle.load(file):
            answers.write(pickle.dumps((name, None)))
            args = [compare.argument(ty, data) for ty, data in args]
            answers.write(pickle.dumps((name, call(getattr(module, name), args, who == "numba"))))


if __name__ == "__main__":
    main()
