"""Random kernels that Numba should compile, with arguments for them.

A kernel is a pure function of its seed. It stays away from what is undefined in Numba itself: conversions of floats
that no integer holds, shifts by more than the width, sets in an order of their own.
"""
import random

import wide
from objects import Objects

INTS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float32", "float64"]
COMPLEX = ["complex64", "complex128"]
EDGES = {
    "int": [0, 1, 2, 3, 5, 7, 10, 100],
    "float": [0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -3.75, 1e-3, 1e10, 3.0],
}

UNARY_FLOAT = ["math.sin", "math.cos", "math.tan", "math.exp", "math.sqrt", "math.floor", "math.ceil", "math.fabs",
               "math.atan", "math.tanh", "math.log1p", "math.expm1", "math.asinh", "math.erf", "np.sqrt", "np.exp",
               "np.log", "np.sin", "np.cos", "np.floor", "np.ceil", "np.rint", "np.sign", "np.tanh", "np.log2",
               "np.cbrt", "np.square", "np.arctan", "math.log", "math.log2", "math.log10", "np.trunc", "np.log10"]
UNARY_ARRAY = ["np.sqrt", "np.abs", "np.sign", "np.square", "np.exp", "np.cos", "np.floor", "np.negative", "np.sort",
               "np.cumsum", "np.copy", "np.ravel", "np.isnan", "np.zeros_like", "np.ones_like", "np.tanh"]
REDUCTIONS = ["np.sum({0})", "{0}.sum()", "np.min({0})", "{0}.max()", "np.mean({0})", "{0}.mean()", "np.prod({0})",
              "np.argmin({0})", "{0}.argmax()", "np.var({0})", "np.std({0})", "np.any({0})", "np.all({0})",
              "{0}.size", "len({0})", "np.count_nonzero({0})", "np.median(np.nan_to_num({0}))", "np.ptp({0})"]
INT_REDUCTIONS = {"np.argmin({0})", "{0}.argmax()", "{0}.size", "len({0})", "np.count_nonzero({0})"}
BOOL_REDUCTIONS = {"np.any({0})", "np.all({0})"}


# Kernels from this number on also have the statements of `wide.py`.
WIDE = 200000


class Kernel(Objects, wide.Wide):
    """The source of one kernel, its arguments' types, and the values as nested (type, data)."""

    def __init__(self, seed, name):
        self.seed, self.name = seed, name
        self.r = random.Random(seed)
        self.plain = self.r.random() < 0.3
        self.objects = not self.plain and self.r.random() < 0.7
        self.wide = seed >= WIDE
        self.counter = 0
        self.depth = 0
        self.loops = 0
        self.ints, self.floats, self.bools, self.complexes = [], [], [], []
        self.vectors, self.matrices, self.lists, self.tuples = [], [], [], []
        self.args = []
        self.lines = []
        self.start_objects()
        self.source = self.build()

    # -- arguments

    def scalar(self, ty):
        r = self.r
        if ty == "bool":
            return r.random() < 0.5
        if "int" in ty:
            bits = int(ty.lstrip("uint"))
            signed = ty[0] == "i"
            low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
            if self.plain:
                return r.randrange(-6 if signed else 0, 9)
            pick = r.random()
            if pick < 0.6:
                return max(low, min(high, r.choice(EDGES["int"]) * r.choice([1, 1, -1])))
            if pick < 0.75:
                return r.choice([low, high, low + 1, high - 1])
            return r.randrange(low, high + 1)
        if "float" in ty:
            if self.plain:
                return r.randrange(-40, 40) / 4
            pick = r.random()
            if pick < 0.5:
                return r.choice(EDGES["float"])
            if pick < 0.57:
                return r.choice([float("inf"), float("-inf"), float("nan")])
            return r.gauss(0, 3)
        return complex(self.scalar("float64"), self.scalar("float64"))

    def argument(self):
        r = self.r
        name = f"p{len(self.args)}"
        pick = r.random()
        if pick < 0.5:
            ty = r.choice(["int64", "float64"]) if self.plain else self.number_type()
            self.args.append((name, ty, self.scalar(ty)))
            self.declare(name, self.kind(ty))
        elif pick < 0.78:
            elem = r.choice(["int64", "float64"]) if self.plain else self.number_type(0.07)
            layout = r.choice("CCCA")
            self.args.append((name, f"array({elem}, 1d, {layout})", [self.scalar(elem) for _ in range(self.n)]))
            self.vectors.append((name, self.kind(elem), "n"))
        elif pick < 0.9:
            elem = r.choice(["int64", "float64"]) if self.plain else self.number_type(0.05)
            layout = r.choice("CCFA")
            data = [[self.scalar(elem) for _ in range(self.n)] for _ in range(self.n)]
            self.args.append((name, f"array({elem}, 2d, {layout})", data))
            self.matrices.append((name, self.kind(elem)))
        else:
            tys = [r.choice(["int64", "float64"]) for _ in range(r.randrange(1, 4))]
            same = len(set(tys)) == 1
            ty = f"UniTuple({tys[0]} x {len(tys)})" if same else f"Tuple({', '.join(tys)})"
            self.args.append((name, ty, tuple(self.scalar(ty) for ty in tys)))
            self.tuples.append((name, [self.kind(ty) for ty in tys]))

    def number_type(self, complexes=0.08):
        pick = self.r.random()
        if pick < complexes:
            return self.r.choice(COMPLEX)
        if pick < 0.13:
            return "bool"
        if pick < 0.35:
            return self.r.choice(INTS)
        if pick < 0.6:
            return "int64"
        return self.r.choice(["float64", "float64", "float32"])

    @staticmethod
    def kind(ty):
        return "b" if ty == "bool" else "c" if ty[0] == "c" else "f" if ty[0] == "f" else "i"

    # -- scopes

    def declare(self, name, kind):
        names = {"i": self.ints, "f": self.floats, "b": self.bools, "c": self.complexes}[kind]
        if name not in names:
            names.append(name)

    def mark(self):
        lists = (self.ints, self.floats, self.bools, self.complexes, self.vectors, self.matrices, self.lists,
                 self.tuples) + self.object_scopes()
        return [(held, len(held)) for held in lists]

    @staticmethod
    def forget(mark):
        for held, length in mark:
            del held[length:]

    def fresh(self, prefix):
        self.counter += 1
        return f"{prefix}{self.counter}"

    # -- expressions

    def int_(self, depth=3):
        r = self.r
        if depth <= 0 or r.random() < 0.25:
            if self.ints and r.random() < 0.75:
                return r.choice(self.ints)
            if not self.plain and r.random() < 0.08:
                return str(r.choice([2**31, -(2**31), 2**40 + 3, 2**63 - 1, 255]))
            return str(r.choice(EDGES["int"]) * r.choice([1, 1, 1, -1]))
        make = [
            lambda: f"({self.int_(depth - 1)} {r.choice('+-+-*')} {self.int_(depth - 1)})",
            lambda: f"({self.int_(depth - 1)} {r.choice(['//', '%', '//', '%'])} {self.int_(depth - 1)})",
            lambda: f"({self.int_(depth - 1)} {r.choice(['//', '%'])} {r.choice([1, 2, 3, 7, -3, -1, 16])})",
            lambda: f"(-{self.int_(depth - 1)})",
            lambda: f"abs({self.int_(depth - 1)})",
            lambda: f"{r.choice(['min', 'max'])}({self.int_(depth - 1)}, {self.int_(depth - 1)})",
            lambda: f"({self.int_(depth - 1)} if {self.bool_(depth - 1)} else {self.int_(depth - 1)})",
            lambda: f"int({self.bool_(depth - 1)})",
        ]
        if not self.plain:
            make += [
                lambda: f"({self.int_(depth - 1)} {r.choice('&|^')} {self.int_(depth - 1)})",
                lambda: f"(np.int64({self.int_(depth - 1)}) {r.choice(['<<', '>>'])} {r.randrange(0, 20)})",
                lambda: f"(~{self.int_(depth - 1)})",
                lambda: f"({self.int_(depth - 1)} ** {r.randrange(0, 5)})",
                lambda: f"np.{r.choice(INTS)}({self.int_(depth - 1)})",
                lambda: f"{self.safe_int(depth - 1)}",
                lambda: f"helper_int({self.int_(depth - 1)}, {self.int_(depth - 1)})",
                lambda: f"divmod({self.int_(depth - 1)}, {r.choice([3, -4, 7])})[{r.randrange(2)}]",
                lambda: f"math.gcd(np.int64({self.int_(0)}), {r.choice([12, 30, 7])})",
            ]
        if self.vectors:
            ints = [name for name, kind, _ in self.vectors if kind == "i"]
            if ints:
                make.append(lambda: f"{r.choice(ints)}[{self.index(r.choice(ints))}]")
            make.append(lambda: f"{r.choice(self.vectors)[0]}.shape[0]")
            make.append(lambda: r.choice(sorted(INT_REDUCTIONS)).format(r.choice(self.vectors)[0]))
        for name, kind in self.matrices:
            if kind == "i":
                make.append(lambda name=name: f"{name}[{self.index(name)}, {self.index(name)}]")
        for name, kinds in self.tuples:
            make += [lambda name=name, at=at: f"{name}[{at}]" for at, kind in enumerate(kinds) if kind == "i"]
        for name, kind in self.lists:
            make.append(lambda name=name: f"len({name})")
            if kind == "i":
                make.append(lambda name=name: f"{name}[np.int64({self.int_(0)}) % len({name})]")
        return r.choice(make)()

    def safe_int(self, depth):
        """A float as an integer; what no integer holds is left out."""
        name = self.r.choice(self.floats) if self.floats else None
        if name is None:
            return str(self.r.choice(EDGES["int"]))
        return f"(int({name}) if abs({name}) < 1e9 else {self.r.randrange(9)})"

    def index(self, array):
        """An index that is inside; sometimes one that may not be."""
        r = self.r
        if r.random() < 0.06:
            return self.int_(0) if self.plain else f"np.int64({self.int_(0)})"
        if r.random() < 0.2:
            return r.choice(["0", "-1", "0"])
        at = self.int_(1)
        return f"{at} % len({array})" if self.plain else f"np.int64({at}) % len({array})"

    def float_(self, depth=3):
        r = self.r
        if depth <= 0 or r.random() < 0.25:
            if self.floats and r.random() < 0.75:
                return r.choice(self.floats)
            return repr(r.choice(EDGES["float"]))
        make = [
            lambda: f"({self.float_(depth - 1)} {r.choice('+-*')} {self.float_(depth - 1)})",
            lambda: f"({self.float_(depth - 1)} {r.choice('+-*')} {self.float_(depth - 1)})",
            lambda: f"({self.float_(depth - 1)} / {self.float_(depth - 1)})",
            lambda: f"({self.int_(depth - 1)} / {self.int_(depth - 1)})",
            lambda: f"({self.float_(depth - 1)} {r.choice('+-*')} {self.int_(depth - 1)})",
            lambda: f"({self.float_(depth - 1)} {r.choice(['//', '%'])} {self.float_(depth - 1)})",
            lambda: f"(-{self.float_(depth - 1)})",
            lambda: f"abs({self.float_(depth - 1)})",
            lambda: f"({self.float_(depth - 1)} if {self.bool_(depth - 1)} else {self.float_(depth - 1)})",
            lambda: f"float({self.int_(depth - 1)})",
        ]
        if not self.plain:
            make += [
                lambda: f"{r.choice(UNARY_FLOAT)}({self.float_(depth - 1)})",
                lambda: f"{r.choice(UNARY_FLOAT)}({self.float_(depth - 1)})",
                lambda: f"({self.float_(depth - 1)} ** {r.choice([2, 3, -1, 0.5, 2.0, 1.5])})",
                lambda: f"{r.choice(['min', 'max', 'np.minimum', 'np.maximum', 'math.atan2', 'math.hypot', 'math.copysign', 'np.fmod', 'math.pow'])}({self.float_(depth - 1)}, {self.float_(depth - 1)})",
                lambda: f"np.{r.choice(FLOATS)}({self.float_(depth - 1)})",
                lambda: f"helper_float({self.float_(depth - 1)}, {self.float_(depth - 1)})",
                lambda: f"round({self.float_(depth - 1)}, {r.randrange(0, 4)})",
            ]
            if self.complexes:
                make.append(lambda: f"{r.choice(self.complexes)}.{r.choice(['real', 'imag'])}")
                make.append(lambda: f"abs({r.choice(self.complexes)})")
        numbers = [name for name, kind, _ in self.vectors if kind == "f"]
        if numbers:
            make.append(lambda: f"{r.choice(numbers)}[{self.index(r.choice(numbers))}]")
            make.append(lambda: self.reduction(r.choice(numbers)))
        for name, kind in self.matrices:
            if kind == "f":
                make.append(lambda name=name: f"{name}[{self.index(name)}, {self.index(name)}]")
                make.append(lambda name=name: self.reduction(name))
        for name, kinds in self.tuples:
            make += [lambda name=name, at=at: f"{name}[{at}]" for at, kind in enumerate(kinds) if kind == "f"]
        for name, kind in self.lists:
            if kind == "f":
                make.append(lambda name=name: f"{name}[np.int64({self.int_(0)}) % len({name})]")
        return r.choice(make)()

    def reduction(self, name):
        choices = [text for text in REDUCTIONS if text not in INT_REDUCTIONS and text not in BOOL_REDUCTIONS]
        return self.r.choice(choices).format(name)

    def bool_(self, depth=2):
        r = self.r
        if depth <= 0 and self.bools and r.random() < 0.5:
            return r.choice(self.bools)
        op = r.choice(["<", "<=", ">", ">=", "==", "!="])
        make = [
            lambda: f"({self.int_(depth - 1)} {op} {self.int_(depth - 1)})",
            lambda: f"({self.float_(depth - 1)} {op} {self.float_(depth - 1)})",
            lambda: f"({self.int_(depth - 1)} {op} {self.float_(depth - 1)})",
        ]
        if depth > 0:
            make += [
                lambda: f"({self.bool_(depth - 1)} {r.choice(['and', 'or'])} {self.bool_(depth - 1)})",
                lambda: f"(not {self.bool_(depth - 1)})",
                lambda: f"({self.int_(0)} < {self.int_(0)} <= {self.int_(0)})",
                lambda: f"({self.int_(depth - 1)} in ({r.randrange(4)}, {r.randrange(9)}))",
            ]
        if not self.plain:
            make.append(lambda: f"{r.choice(['math.isnan', 'math.isinf', 'np.isfinite'])}({self.float_(depth - 1)})")
        return r.choice(make)()

    def complex_(self, depth=2):
        r = self.r
        if depth <= 0 or r.random() < 0.3:
            return r.choice(self.complexes) if self.complexes else f"complex({self.float_(0)}, {self.float_(0)})"
        make = [
            lambda: f"({self.complex_(depth - 1)} {r.choice('+-*')} {self.complex_(depth - 1)})",
            lambda: f"({self.complex_(depth - 1)} {r.choice('+-*')} {self.float_(depth - 1)})",
            lambda: f"complex({self.float_(depth - 1)}, {self.float_(depth - 1)})",
            lambda: f"{self.complex_(0)}.conjugate()",
            lambda: f"(-{self.complex_(depth - 1)})",
        ]
        return r.choice(make)()

    def vector(self):
        """An array expression of length `n`, with its kind."""
        r = self.r
        of_n = [(name, kind) for name, kind, tag in self.vectors if tag == "n"]
        make = [
            lambda: (f"np.zeros({self.n})", "f"),
            lambda: (f"np.arange({self.n})", "i"),
            lambda: (f"np.full({self.n}, {self.float_(1)})", "f"),
            lambda: (f"np.ones({self.n}, dtype=np.{r.choice(INTS + FLOATS)})", None),
            lambda: (f"np.linspace({r.randrange(3)}, {r.randrange(3, 9)}, {self.n})", "f"),
        ]
        if of_n:
            def two():
                (a, ka), (b, kb) = r.choice(of_n), r.choice(of_n)
                if "b" in (ka, kb):
                    return f"({a} == {b})", "b"
                kind = max((ka, kb), key="ifc".index)
                return f"({a} {r.choice('+-*')} {b})", kind

            def scaled():
                a, kind = r.choice(of_n)
                if kind == "b":
                    return f"~{a}", "b"
                if kind == "i":
                    return f"({a} {r.choice('+-*')} {self.int_(1)})", "i"
                return f"({a} {r.choice('+-*/')} {self.float_(1)})", kind

            def unary():
                a, kind = r.choice(of_n)
                if kind in "bc":
                    return f"{a}.copy()", kind
                name = r.choice(UNARY_ARRAY)
                same = ["np.abs", "np.sign", "np.square", "np.negative", "np.sort", "np.cumsum", "np.copy", "np.ravel",
                        "np.zeros_like", "np.ones_like"]
                return f"{name}({a})", "b" if name == "np.isnan" else kind if name in same else "f"

            def chosen():
                (a, ka), (b, kb) = r.choice(of_n), r.choice(of_n)
                if "b" in (ka, kb) or "c" in (ka, kb):
                    return f"{a}[::-1].copy()", ka
                return f"np.where({a} > {self.int_(0)}, {a}, {b})", max((ka, kb), key="if".index)

            make += [two, two, scaled, scaled, unary, chosen, lambda: (f"{r.choice(of_n)[0]}.astype(np.float64)", "f")]
            make += [lambda: (f"np.{r.choice(['minimum', 'maximum'])}({r.choice(of_n)[0]}, {r.choice(of_n)[0]})", None)]
        text, kind = r.choice(make)()
        if any(kind == "c" for _, kind, _ in self.vectors) and ("minimum" in text or "maximum" in text or "astype" in text):
            return f"np.zeros({self.n})", "f"
        return text, kind

    # -- statements

    def emit(self, text):
        self.lines.append("    " * (self.depth + 1) + text)

    def block(self, size):
        mark = self.mark()
        self.depth += 1
        before = len(self.lines)
        for _ in range(size):
            self.statement()
        if len(self.lines) == before:
            self.emit("pass")
        self.depth -= 1
        self.forget(mark)

    def statement(self):
        r = self.r
        if self.wide and not self.plain and r.random() < 0.6:
            return self.wide_statement()
        if self.objects and r.random() < 0.6:
            return self.object_statement()
        pick = r.random()
        nested = self.depth < 3
        if pick < 0.3:
            self.assign()
        elif pick < 0.42:
            self.update()
        elif pick < 0.52 and nested:
            self.emit(f"if {self.bool_()}:")
            self.block(r.randrange(1, 3))
            if r.random() < 0.5:
                self.emit("else:")
                self.block(r.randrange(1, 3))
        elif pick < 0.68 and nested and self.loops < 3:
            self.loop()
        elif pick < 0.78:
            self.store()
        elif pick < 0.87:
            self.make_array()
        elif pick < 0.93:
            self.make_container()
        elif pick < 0.95 and nested:
            self.emit(f"if {self.bool_()}:")
            self.depth += 1
            self.emit(r.choice(['raise ValueError("bad")', "raise IndexError", 'raise RuntimeError("no", 3)']))
            self.depth -= 1
        elif pick < 0.97 and nested and self.loops:
            self.emit(f"if {self.bool_()}:")
            self.depth += 1
            self.emit(r.choice(["break", "continue"]) if self.in_loop else "pass")
            self.depth -= 1
        elif nested and not self.plain and not self.in_loop and not self.in_try:
            self.in_try += 1
            self.emit("try:")
            self.block(r.randrange(1, 3))
            self.emit("except Exception:")
            self.block(1)
            self.in_try -= 1
        else:
            self.assign()

    in_loop = 0

    def assign(self):
        r = self.r
        kind = r.choice("iiffffb" if self.plain or r.random() < 0.85 else "c")
        make = {"i": self.int_, "f": self.float_, "b": self.bool_, "c": self.complex_}[kind]
        name = self.fresh({"i": "i", "f": "x", "b": "t", "c": "z"}[kind])
        self.emit(f"{name} = {make()}")
        self.declare(name, kind)

    def update(self):
        r = self.r
        floats = [name for name in self.floats if name[0] == "x"]
        ints = [name for name in self.ints if name[0] == "i"]
        if floats and (r.random() < 0.6 or not ints):
            self.emit(f"{r.choice(floats)} {r.choice('+-*')}= {self.float_(2)}")
        elif ints:
            self.emit(f"{r.choice(ints)} {r.choice('+-*')}= {self.int_(2)}")
        else:
            self.assign()

    def loop(self):
        r = self.r
        self.loops += 1
        self.in_loop += 1
        mark = self.mark()
        pick = r.random()
        name = self.fresh("k")
        if pick < 0.45:
            start, step = r.choice([(0, 1), (1, 1), (0, 2), (self.n, -1), (-2, 1)])
            stop = r.choice([str(self.n), f"{self.n} - 1", "4"]) if step > 0 else "-1"
            self.emit(f"for {name} in range({start}, {stop}, {step}):" if step != 1 or start else f"for {name} in range({stop}):")
            self.ints.append(name)
        elif pick < 0.6 and self.vectors:
            array, kind, _ = r.choice(self.vectors)
            self.emit(f"for {name} in {array}:")
            self.declare(name, kind)
        elif pick < 0.7 and self.vectors:
            array, kind, _ = r.choice(self.vectors)
            at = self.fresh("k")
            self.emit(f"for {at}, {name} in enumerate({array}):")
            self.declare(name, kind)
            self.ints.append(at)
        elif pick < 0.78 and len(self.vectors) > 1:
            (a, ka, _), (b, kb, _) = r.choice(self.vectors), r.choice(self.vectors)
            other = self.fresh("k")
            self.emit(f"for {name}, {other} in zip({a}, {b}):")
            self.declare(name, ka)
            self.declare(other, kb)
        else:
            counter = self.fresh("w")
            self.emit(f"{counter} = 0")
            self.emit(f"while {counter} < {r.randrange(1, 6)}:")
            self.depth += 1
            self.emit(f"{counter} += 1")
            self.depth -= 1
            self.ints.append(counter)
        self.block(r.randrange(1, 4))
        self.forget(mark)
        self.in_loop -= 1

    def store(self):
        r = self.r
        pick = r.random()
        targets = [(name, kind) for name, kind, _ in self.vectors if kind in "if"]
        if targets and pick < 0.5:
            name, kind = r.choice(targets)
            value = self.int_(2) if kind == "i" else self.float_(2)
            op = r.choice(["=", "=", "+=", "*="])
            self.emit(f"{name}[{self.index(name)}] {op} {value}")
        elif self.matrices and pick < 0.75:
            name, kind = r.choice(self.matrices)
            if kind in "if":
                value = self.int_(2) if kind == "i" else self.float_(2)
                self.emit(f"{name}[{self.index(name)}, {self.index(name)}] {r.choice(['=', '+='])} {value}")
        elif targets:
            name, kind = r.choice(targets)
            value = self.int_(1) if kind == "i" else self.float_(1)
            self.emit(f"{name}[{self.slice_()}] = {value}")
        else:
            self.assign()

    def slice_(self):
        r = self.r
        part = lambda: r.choice(["", "", str(r.randrange(-3, self.n)), self.small_int()])
        step = r.choice(["", "", "", ":2", ":-1", ":3", ":-2"])
        return f"{part()}:{part()}{step}"

    def small_int(self):
        loops = [name for name in self.ints if name[0] == "k"]
        return self.r.choice(loops) if loops and not self.plain else str(self.r.randrange(-2, 4))

    def make_array(self):
        r = self.r
        name = self.fresh("a")
        pick = r.random()
        if self.vectors and pick < 0.25:
            source, kind, _ = r.choice(self.vectors)
            self.emit(f"{name} = {source}[{self.slice_()}]")
            self.emit(f"if {name}.size == 0:")
            self.depth += 1
            self.emit(f"{name} = {source}[:]" if "::" in self.lines[-2] else "return_early = 1")
            self.depth -= 1
            total = self.fresh("x")
            if kind in "if":
                self.emit(f"{total} = {name}.sum()")
                self.declare(total, kind)
            return
        if self.matrices and pick < 0.45:
            source, kind = r.choice(self.matrices)
            text = r.choice([f"{source}[{self.index(source)}]", f"{source}[:, {self.index(source)}]",
                             f"{source}.T[0]", f"{source}[0, :]"])
            self.emit(f"{name} = {text}")
            self.vectors.append((name, kind, "n"))
            return
        if self.matrices and pick < 0.55:
            source, kind = r.choice(self.matrices)
            if kind in "if":
                self.emit(f"{name} = {source}.{r.choice(['sum(axis=0)', 'sum(1)', 'T[1]', 'copy()[0]', 'flatten()[:%d]' % self.n])}")
                self.vectors.append((name, kind, "n"))
                return
        text, kind = self.vector()
        self.emit(f"{name} = {text}")
        if kind:
            self.vectors.append((name, kind, "n"))

    def make_container(self):
        r = self.r
        pick = r.random()
        if pick < 0.35:
            name = self.fresh("l")
            kind = r.choice("if")
            make = self.int_ if kind == "i" else self.float_
            if r.random() < 0.5:
                self.emit(f"{name} = [{', '.join(make(1) for _ in range(r.randrange(1, 4)))}]")
            else:
                k = self.fresh("k")
                body = f"{k} * {make(0)}" if kind == "f" else f"{k} + {make(0)}"
                self.emit(f"{name} = [{body} for {k} in range({r.randrange(1, 5)})]")
            self.lists.append((name, kind))
            if r.random() < 0.4:
                value = self.int_(1) if kind == "i" else self.float_(1)
                self.emit(r.choice([f"{name}.append({value})", f"{name}[0] = {value}", f"{name}.reverse()",
                                    f"{name}.insert(0, {value})", f"{name} += {name}"]))
        elif pick < 0.75:
            name = self.fresh("u")
            kinds = [r.choice("iffb") for _ in range(r.randrange(1, 4))]
            make = {"i": self.int_, "f": self.float_, "b": self.bool_}
            items = ", ".join(make[kind](1) for kind in kinds)
            self.emit(f"{name} = ({items},)")
            self.tuples.append((name, kinds))
        elif not self.plain:
            name = self.fresh("d")
            out = self.fresh("i")
            loop = self.fresh("k")
            self.emit(f"{name} = {{{r.randrange(3)}: {self.float_(1)}}}")
            self.emit(f"for {loop} in range(4):")
            self.depth += 1
            self.emit(f"{name}[{loop} % 3] = {self.float_(1)}")
            self.depth -= 1
            self.emit(f"{out} = len({name})")
            self.declare(out, "i")
            total = self.fresh("x")
            self.emit(f"{total} = {name}[{r.randrange(4)}]")
            self.declare(total, "f")
        else:
            self.assign()

    # -- the whole

    def build(self):
        r = self.r
        self.n = r.randrange(3, 7)
        for _ in range(r.randrange(1, 5)):
            self.argument()
        for _ in range(r.randrange(3, 9) if self.objects else r.randrange(2, 8)):
            self.statement()
        shown = [name for name in self.ints + self.floats + self.bools + self.complexes]
        shown += self.arrays[-3:] + self.strings[-2:] + self.array_lists[-1:]
        shown += [name for name, _, _ in self.vectors[-2:]] + [name for name, _ in self.lists[-1:]]
        shown += [name for name, _ in self.tuples]
        r.shuffle(shown)
        shown = shown[: r.randrange(1, 6)] or ["0"]
        self.emit("return " + (shown[0] if len(shown) == 1 else ", ".join(shown)))
        options = "" if self.plain else r.choice(["", "", "", "(error_model='numpy')"])
        names = ", ".join(name for name, _, _ in self.args)
        self.options = {"error_model": "numpy"} if options else {}
        return f"@njit{options}\ndef {self.name}({names}):\n" + "\n".join(self.lines) + "\n"


HEADER = '''import math
import numpy as np
from numba import njit


@njit
def helper_int(a, b):
    if a > b:
        return a - b
    return b


@njit
def helper_float(x, y):
    total = 0.0
    for i in range(3):
        total += x * i - y
    return total


'''


HEADER += '''@njit
def helper_array(a, k):
    b = a * 2.0
    if k % 3 == 1:
        raise ValueError("helper")
    return b


'''


HEADER += wide.HEADER


def module(seeds):
    """The source of a module of kernels, and the kernels with the lines of their `def`s."""
    text, kernels = HEADER, []
    for seed in seeds:
        kernel = Kernel(seed, f"kernel_{seed}")
        kernel.line = text.count("\n") + 2
        text += kernel.source + "\n\n"
        kernels.append(kernel)
    return text, kernels
