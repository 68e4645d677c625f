"""Runs in the user's Python: makes arguments, and does calls again for comparison.

usage: python -c HELPER REQUEST ANSWER

The request and the answer are JSON files. Array data lies in one binary file per direction; values name their place
in it. Unless the request asks for real Numba, a stand-in takes its place whose decorators return the function as it is.
"""
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import time
import types


def make_stand_in():
    class Anything:
        """A Numba type, or whatever else a module mentions: can be called, indexed and compared."""

        def __init__(self, name="numba"):
            self.__name__ = name

        def __call__(self, *args, **kwargs):
            return self

        def __getitem__(self, key):
            return self

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return Anything(name)

        def __mul__(self, other):
            return self

        __rmul__ = __mul__

        def __repr__(self):
            return self.__name__

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            return False

    def decorator(*args, **kwargs):
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            return args[0]
        return lambda function: function

    def vectorize(*args, **kwargs):
        def wrap(function):
            import numpy

            return numpy.vectorize(function)

        if len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType):
            return wrap(args[0])
        return wrap

    def dropped(*args, **kwargs):
        return lambda function: function

    class Scalar(Anything):
        """`numba.float64(x)` converts as NumPy's type does."""

        def __call__(self, *args, **kwargs):
            if len(args) == 1 and isinstance(args[0], (int, float, complex)):
                import numpy

                return getattr(numpy, self.__name__)(args[0])
            return self

    class TypedList(list):
        @classmethod
        def empty_list(cls, *args, **kwargs):
            return cls()

    class TypedDict(dict):
        @classmethod
        def empty(cls, *args, **kwargs):
            return cls()

    known = {
        "prange": range, "pndindex": lambda *shape: __import__("numpy").ndindex(*shape),
        "literally": lambda value: value, "literal_unroll": lambda value: value,
        "typeof": Anything("typeof"), "objmode": Anything("objmode"), "set_num_threads": lambda count: None,
        "get_num_threads": lambda: 1, "get_thread_id": lambda: 0, "vectorize": vectorize, "guvectorize": dropped,
        "List": TypedList, "Dict": TypedDict, "__version__": "0.68.1",
        "njit": decorator, "jit": decorator, "jitclass": decorator, "stencil": decorator, "cfunc": dropped,
        "generated_jit": decorator, "overload": dropped, "overload_method": dropped, "overload_attribute": dropped,
        "register_jitable": decorator, "extending": None,
    }
    scalars = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128".split()
    known.update((name, Scalar(name)) for name in scalars)

    class Module(types.ModuleType):
        def __getattr__(self, name):
            if name.startswith("__") and name not in known:
                raise AttributeError(name)
            value = known.get(name)
            if value is None and self.__name__ == "numba" and name in ("types", "typed", "core", "experimental", "extending"):
                return importlib.import_module("numba." + name)
            return Anything(name) if value is None else value

    class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        def find_spec(self, fullname, path=None, target=None):
            if fullname.split(".")[0] == "numba":
                return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
            return None

        def create_module(self, spec):
            return Module(spec.name)

        def exec_module(self, module):
            pass

    sys.meta_path.insert(0, Finder())


def load(request, name="jitcheck_kernels"):
    """Imports the kernel's module from its text, as if from its file."""
    path = request["file"]
    for root in reversed(request.get("roots", []) + [os.path.dirname(path)]):
        if root not in sys.path:
            sys.path.insert(0, root)
    if "" in sys.path:
        sys.path.remove("")
    package = []
    directory = os.path.dirname(path)
    while os.path.exists(os.path.join(directory, "__init__.py")):
        package.insert(0, os.path.basename(directory))
        directory = os.path.dirname(directory)
    if package and name != "__main__":
        # A module of a package may import its neighbours relatively.
        sys.path.insert(0, directory)
        name = ".".join(package + [os.path.splitext(os.path.basename(path))[0]])
    module = types.ModuleType(name)
    module.__file__ = path
    module.__package__ = ".".join(package)
    sys.modules[name] = module
    import linecache

    source = request["text"]
    linecache.cache[path] = (len(source), None, source.splitlines(True), path)
    return module, compile(source, path, "exec")


def resolve(module, qualname):
    found = module
    for part in qualname.split("."):
        if part == "<locals>":
            raise LookupError("a function inside a function cannot be reached from outside")
        found = getattr(found, part)
    return getattr(found, "__func__", found)


class Data:
    """The arrays of one direction."""

    def __init__(self, path):
        self.path, self.parts, self.size = path, [], 0

    def add(self, raw):
        start = self.size
        pad = -len(raw) % 64
        self.parts += [raw, b"\0" * pad]
        self.size += len(raw) + pad
        return start

    def save(self):
        with open(self.path, "wb") as file:
            file.writelines(self.parts)


def encode(value, data, seen=None):
    if value is None:
        return {"k": "none"}
    kind = type(value)
    if kind is bool:
        return {"k": "bool", "v": value}
    if kind is int:
        return {"k": "int", "v": str(value)}
    if kind is float:
        return {"k": "float", "v": repr(value)}
    if kind is complex:
        return {"k": "complex", "v": [repr(value.real), repr(value.imag)]}
    if kind is str:
        return {"k": "str", "v": value}
    if kind is range:
        return {"k": "range", "v": [value.start, value.stop, value.step]}
    if kind is tuple:
        return {"k": "tuple", "items": [encode(item, data) for item in value]}
    if isinstance(value, list):
        return {"k": "list", "items": [encode(item, data) for item in value]}
    if isinstance(value, (set, frozenset)):
        return {"k": "set", "items": [encode(item, data) for item in value]}
    if isinstance(value, dict):
        return {"k": "dict", "items": [[encode(key, data), encode(item, data)] for key, item in value.items()]}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        if isinstance(value, numpy.generic) and not value.dtype.hasobject and value.dtype.kind not in "USV":
            return {"k": "npscalar", "dtype": value.dtype.str, "offset": data.add(value.tobytes()), "v": repr(value)}
        if isinstance(value, numpy.ndarray) and not value.dtype.hasobject and value.dtype.names is None:
            array = value
            fortran = array.flags.f_contiguous and not array.flags.c_contiguous
            layout = "C" if array.flags.c_contiguous else "F" if fortran else "A"
            return {
                "k": "ndarray", "dtype": array.dtype.str, "shape": list(array.shape), "layout": layout,
                "writeable": bool(array.flags.writeable),
                "offset": data.add(array.tobytes("F" if fortran else "C")),
            }
    if isinstance(value, tuple):
        return {"k": "tuple", "items": [encode(item, data) for item in value], "name": kind.__name__}
    return {"k": "opaque", "type": kind.__module__ + "." + kind.__qualname__, "repr": repr(value)[:200]}


def decode(value, raw):
    kind = value["k"]
    if kind == "none":
        return None
    if kind == "bool":
        return bool(value["v"])
    if kind == "int":
        return int(value["v"])
    if kind == "float":
        return float(value["v"])
    if kind == "complex":
        return complex(float(value["v"][0]), float(value["v"][1]))
    if kind == "str":
        return value["v"]
    if kind == "range":
        return range(*value["v"])
    if kind in ("tuple", "list", "set"):
        return {"tuple": tuple, "list": list, "set": set}[kind](decode(item, raw) for item in value["items"])
    if kind == "dict":
        return {decode(key, raw): decode(item, raw) for key, item in value["items"]}
    import numpy

    dtype = numpy.dtype(value["dtype"])
    if kind == "npscalar":
        return numpy.frombuffer(raw, dtype, 1, value["offset"])[0]
    shape = tuple(value["shape"])
    size = 1
    for length in shape:
        size *= length
    flat = numpy.frombuffer(raw, dtype, size, value["offset"]) if size else numpy.empty(0, dtype)
    layout = value.get("layout", "C")
    array = flat.reshape(shape, order="F" if layout == "F" else "C").copy(order="F" if layout == "F" else "C")
    if layout == "A" and array.ndim:
        wide = numpy.empty(shape[:-1] + (shape[-1] * 2,), dtype)[..., ::2]
        wide[...] = array
        array = wide
    array.flags.writeable = value.get("writeable", True)
    return array


class Captured(BaseException):
    def __init__(self, args):
        self.given = args


def bind(args, kwargs, names):
    """Positional arguments in order of the parameters; left out ones stay out."""
    args = list(args)
    for name in names[len(args):]:
        if name not in kwargs:
            break
        args.append(kwargs.pop(name))
    if kwargs:
        raise TypeError("cannot pass %s by position" % ", ".join(sorted(kwargs)))
    return args


def captured(request):
    """The arguments of the first call that the module makes when it is run as a script."""
    module, code = load(request, "__main__")
    path, name = request["file"], request["function"]
    short = name.rsplit(".", 1)[-1]

    def trace(frame, event, arg):
        body = frame.f_code
        if event == "call" and body.co_name == short and body.co_filename == path:
            if getattr(body, "co_qualname", name) == name:
                sys.settrace(None)
                names = list(body.co_varnames[: body.co_argcount])
                after = body.co_argcount + body.co_kwonlyargcount
                values = [frame.f_locals[key] for key in names]
                if body.co_flags & 4:
                    values += frame.f_locals[body.co_varnames[after]]
                values += [frame.f_locals[key] for key in body.co_varnames[body.co_argcount:after]]
                raise Captured(values)
        return None

    sys.argv = [path]
    sys.settrace(trace)
    try:
        exec(code, module.__dict__)
    except Captured as found:
        return found.given
    except SystemExit:
        pass
    finally:
        sys.settrace(None)
    raise LookupError("the module never calls %s" % name)


class Refused(Exception):
    """An error whose text says all."""


def arguments(request, data):
    make_stand_in()
    how = request["how"]
    names = request["params"]
    if how == "capture":
        return captured(request)
    module, code = load(request)
    try:
        exec(code, module.__dict__)
    except Exception as error:
        place = "%s cannot be imported" % os.path.basename(request["file"])
        raise Refused("%s: %s: %s" % (place, type(error).__name__, error)) from error
    if how == "make_args":
        made = module.make_args()
        return list(made) if isinstance(made, (tuple, list)) else [made]
    if how == "call":
        space = dict(module.__dict__)
        space["__jitcheck_capture"] = lambda *args, **kwargs: bind(args, kwargs, names)
        call = request["call"]
        return eval("__jitcheck_capture" + call[call.index("("):], space)
    try:
        import numpy

        module.__dict__.setdefault("np", numpy)
    except ImportError:
        pass
    return [expression(name, text, module) for name, text in request["expressions"]]


def expression(name, text, module):
    try:
        return eval(text, module.__dict__)
    except Exception as error:
        raise Refused("--arg %s: %s: %s" % (name, type(error).__name__, error)) from error


def call(request, data):
    real = request.get("numba", False)
    started = time.perf_counter()
    if not real:
        make_stand_in()
    module, code = load(request)
    failed = None
    try:
        exec(code, module.__dict__)
    except Exception as error:
        # What the module does after the function's definition need not succeed.
        failed = error
    try:
        function = resolve(module, request["function"])
    except AttributeError:
        raise failed or LookupError("the module has no %s" % request["function"])
    if real and not hasattr(function, "py_func") and isinstance(function, types.FunctionType):
        import numba

        function = numba.njit(function)
    with open(request["data"], "rb") as file:
        raw = file.read()
    given = [value for value in request["args"] if value["k"] != "omitted"]
    args = [decode(value, raw) for value in given]
    answer = {"import_ms": (time.perf_counter() - started) * 1e3}
    begin = time.perf_counter()
    try:
        result = function(*args)
    except Exception as error:
        if real and type(error).__module__.startswith("numba"):
            raise
        line = None
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == request["file"]:
                line = trace.tb_lineno
            trace = trace.tb_next
        answer["exception"] = {"class": type(error).__name__, "message": str(error), "line": line}
        return answer
    first = time.perf_counter() - begin
    answer["first_ms"] = first * 1e3
    answer["return"] = encode(result, data)
    answer["after"] = [encode(value, data) for value in args]
    if request.get("seconds"):
        del result
        args = [decode(value, raw) for value in given]
        samples, spent = [], 0.0
        limit = request["seconds"]
        while len(samples) < request.get("least", 5) or (spent < limit and len(samples) < 10000):
            begin = time.perf_counter()
            function(*args)
            took = time.perf_counter() - begin
            samples.append(took)
            spent += took
            if spent > request.get("most", 20.0):
                break
        answer["samples_ms"] = [sample * 1e3 for sample in samples]
        samples.sort()
        steady = samples[len(samples) // 2]
        answer["steady_ms"] = steady * 1e3
        answer["compile_ms"] = max(first - steady, 0.0) * 1e3
    return answer


def about(request, data):
    from importlib import metadata

    packages = {}
    for name in ("numba", "numpy", "llvmlite", "scipy"):
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            packages[name] = None
    return {"version": "%d.%d.%d" % sys.version_info[:3], "packages": packages}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    target = sys.argv[2]
    data = Data(request.get("out", target + ".bin"))
    sys.dont_write_bytecode = True
    try:
        if request["do"] == "about":
            answer = about(request, data)
        elif request["do"] == "arguments":
            answer = {"args": [encode(value, data) for value in arguments(request, data)]}
        else:
            answer = call(request, data)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        lines = [line for line in str(error).splitlines() if line.strip()] or [""]
        kind = "" if isinstance(error, Refused) else type(error).__name__ + ": "
        answer = {"error": (kind + " ".join(lines[:2]))[:400]}
    data.save()
    temporary = target + ".part"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(answer, file)
    os.replace(temporary, target)


main()
