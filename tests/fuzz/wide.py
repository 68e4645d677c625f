"""The part of the grammar that reaches further: reductions along an axis, masks, broadcasting, steps that are negative,
records, sets, dictionaries of tuples, strings' methods, recursion, and numbers of mixed widths."""


class Wide:
    """Statements that make what they need and end in a number, a string or an array that later statements read."""

    def wide_statement(self):
        if self.seed >= WALKS and self.r.random() < 0.25:
            return self.r.choice([self.generator, self.generator, self.iterator, self.list_slice, self.list_slice])()
        self.r.choice([
            self.along_axis, self.along_axis, self.masked, self.masked, self.broadcast, self.stepped, self.stepped,
            self.record, self.set_, self.set_, self.dict_of_tuples, self.dict_of_tuples, self.string_method,
            self.mixed_widths, self.mixed_widths, self.sorted_list, self.tuple_, self.loop_else, self.recursion,
        ])()

    def number(self, kind, text):
        name = self.fresh("x" if kind == "f" else "i" if kind == "i" else "t")
        self.emit(f"{name} = {text}")
        self.declare(name, kind)
        return name

    def lines_(self, *lines):
        for line in lines:
            self.emit(line)

    def matrix(self):
        """A matrix of floats or integers with `n` rows and columns, new or one that there is."""
        r, n = self.r, self.n
        known = [(name, kind) for name, kind in self.matrices if kind in "if"]
        if known and r.random() < 0.6:
            return r.choice(known)
        name = self.fresh("q")
        kind, text = r.choice([
            ("f", f"np.arange({n * n}).reshape({n}, {n}) * {self.float_(0)}"),
            ("i", f"np.arange({n * n}).reshape({n}, {n}) % {r.randrange(2, 9)}"),
            ("f", f"np.full(({n}, {n}), {self.float_(1)})"),
            ("f", f"np.ones(({n}, {n}), dtype=np.float32)"),
            ("i", f"np.eye({n}, dtype=np.int64) - {r.randrange(3)}"),
            ("f", f"np.outer(np.arange({n}) * 0.5, np.linspace(0.0, 1.0, {n}))"),
        ])
        self.emit(f"{name} = {text}")
        self.matrices.append((name, kind))
        return name, kind

    def floats_(self):
        """A contiguous array of `n` floats by name."""
        if not self.arrays or self.r.random() < 0.3:
            self.new_array()
        return self.r.choice(self.arrays)

    def along_axis(self):
        r = self.r
        name, kind = self.matrix()
        axis = r.randrange(2)
        text, out = r.choice([
            (f"np.sum({name}, axis={axis})", kind), (f"{name}.sum(axis={axis})", kind),
            (f"np.argmax({name}, axis={axis})", "i"), (f"np.argmin({name}, axis={axis})", "i"),
            (f"np.concatenate(({name}, {name}), axis={axis})[{r.randrange(2)}, :{self.n}]", kind),
            (f"np.expand_dims({name}, {axis})[:, 0, 0][:1].repeat({self.n})", kind),
            (f"np.stack(({name}[0], {name}[1]), axis={axis}).sum(axis={axis})[:1].repeat({self.n})", kind),
            (f"np.flip({name}, {axis})[0]", kind), (f"np.diff({name})[:, 0]", kind),
            (f"np.take({name}, {r.randrange(self.n)} + np.zeros({self.n}, dtype=np.int64))", kind),
            (f"np.triu({name}, {r.randrange(-1, 2)})[{r.randrange(self.n)}]", kind),
            (f"np.roll({name}, {r.randrange(-3, 4)})[{r.randrange(self.n)}]", kind),
        ])
        out_name = self.fresh("a")
        self.emit(f"{out_name} = {text}")
        self.vectors.append((out_name, out, "n"))

    def masked(self):
        r, own = self.r, self.floats_()
        mask = r.choice([f"{own} > {self.float_(0)}", f"({own} > -1.0) & ({own} < {self.float_(0)})", f"~({own} >= 0.5)",
                         f"np.isnan({own}) | ({own} != {self.float_(0)})"])
        held = self.fresh("k")
        self.emit(f"{held} = {mask}")
        pick = r.randrange(7)
        if pick == 0:
            self.number("f", f"{own}[{held}].sum()")
        elif pick == 1:
            self.number("i", f"{own}[{held}].size + {held}.sum()")
        elif pick == 2:
            self.emit(f"{own}[{held}] = {r.choice([self.float_(0), f'{own}[{held}] * 2.0', f'{own}[::-1][{held}]'])}")
        elif pick == 3:
            self.number("i", f"np.nonzero({held})[0].sum() + np.where({held})[0].size")
        elif pick == 4:
            name, kind = self.matrix()
            self.number(kind, f"{name}[{name} > {r.randrange(3)}].sum()")
        elif pick == 5:
            places = ", ".join(str(r.randrange(-self.n, self.n)) for _ in range(r.randrange(1, 5)))
            self.number("f", f"{own}[np.array([{places}])].sum()")
        else:
            name, kind = self.matrix()
            places = ", ".join(str(r.randrange(-self.n, self.n)) for _ in range(r.randrange(1, 4)))
            index = r.choice([f"[np.array([{places}])]", f"[:, np.array([{places}])]", f"[1, np.array([{places}])]"])
            self.number(kind, f"{name}{index}.sum()")

    def broadcast(self):
        r, own = self.r, self.floats_()
        name = self.fresh("q")
        self.emit(f"{name} = np.zeros(({self.n}, {self.n}))")
        self.matrices.append((name, "f"))
        self.emit(r.choice([
            f"{name}[:] = {own}", f"{name}[1:, :] = {own}", f"{name} += {own}", f"{name}[:, ::2] = {self.float_(0)}",
            f"{name}[...] = {own}.reshape({self.n}, 1)", f"{name}[:, 0] = {own}[::-1]", f"{name}[0] -= {own}",
            f"{name} += {own}[:, np.newaxis] * {own}", f"{name}[::-1, 1] = {own}", f"{name}[-1, ::-2] = {self.float_(0)}",
            f"{name}.T[0] = {own}", f"{name}.flat[{r.randrange(self.n)}] = {own}[0]",
        ]))

    def stepped(self):
        r, own, other = self.r, self.floats_(), self.floats_()
        part = lambda: r.choice(["", str(r.randrange(-self.n - 1, self.n + 2))])
        slice_ = f"{part()}:{part()}:{r.choice([-1, -2, -3, 2, 3])}"
        pick = r.randrange(5)
        if pick == 0:
            self.number("f", f"{own}[{slice_}].sum()")
        elif pick == 1:
            self.number("i", f"{own}[{slice_}][::-1].size")
        elif pick == 2:
            self.emit(f"{own}[{slice_}] = {self.float_(0)}")
        elif pick == 3:
            self.emit(f"{own}[::-1] = {other}")
        else:
            self.emit(f"{own}[{slice_}] += {other}[{slice_}]")

    def record(self):
        r, name = self.r, self.fresh("r")
        self.emit(f"{name} = np.zeros({self.n}, dtype=RECORD)")
        for _ in range(r.randrange(1, 4)):
            at = r.randrange(-self.n, self.n)
            self.emit(r.choice([
                f"{name}[{at}].a = np.int8({self.int_(0)} % 100)", f"{name}[{at}].x = {self.float_(1)}",
                f"{name}['x'][{at}] += {self.float_(0)}", f"{name}.x[:] = {self.float_(0)}",
                f"{name}[{at}] = {name}[{r.randrange(self.n)}]",
            ]))
        self.number(*r.choice([("f", f"{name}.x.sum()"), ("f", f"{name}[{r.randrange(self.n)}].x"),
                               ("i", f"np.int64({name}[{r.randrange(self.n)}]['a'])"), ("i", f"{name}['a'].sum()")]))

    def set_(self):
        r, name, other = self.r, self.fresh("s"), self.fresh("s")
        items = lambda: ", ".join(str(r.randrange(-3, 6)) for _ in range(r.randrange(1, 5)))
        self.lines_(f"{name} = {{{items()}}}", f"{other} = {{{items()}}}")
        for _ in range(r.randrange(3)):
            self.emit(f"{name}.{r.choice(['add', 'discard', 'add', 'remove'])}({self.r.randrange(-3, 6)})")
        op = r.choice("|&-^")
        self.number("i", r.choice([f"len({name} {op} {other})", f"sum(sorted({name} {op} {other}))", f"sum(list({name}))",
                                   f"len({name}.union({other}))", f"max({name})"]))
        self.number("b", r.choice([f"{name} <= {other}", f"{name}.isdisjoint({other})", f"{r.randrange(5)} in {name}",
                                   f"{name} == {other}"]))

    def dict_of_tuples(self):
        r, name = self.r, self.fresh("d")
        key = lambda: f"({r.randrange(3)}, {r.randrange(2)})"
        if r.random() < 0.6:
            self.emit(f"{name} = {{{key()}: {self.float_(1)}}}")
            for _ in range(r.randrange(1, 4)):
                self.emit(f"{name}[{key()}] = {self.float_(1)}")
            total, at, held = self.fresh("x"), self.fresh("k"), self.fresh("v")
            self.lines_(f"{total} = 0.0", f"for {at}, {held} in {name}.items():", f"    {total} = {total} * 2.0 + {at}[0] * {held}")
            self.declare(total, "f")
            self.number("b", f"{key()} in {name}")
            self.number("f", r.choice([f"{name}[{key()}]", f"{name}.get({key()}, 0.5)", f"{name}.pop({key()}, 1.5)"]))
        else:
            self.emit(f"{name} = {{{r.randrange(3)}: ({self.float_(1)}, {self.int_(0)} % 7)}}")
            self.emit(f"{name}[{r.randrange(3)}] = ({self.float_(1)}, {self.int_(0)} % 7)")
            total, held = self.fresh("x"), self.fresh("v")
            self.lines_(f"{total} = 0.0", f"for {held} in {name}.values():", f"    {total} += {held}[0] - {held}[1]")
            self.declare(total, "f")
            self.number("i", f"{name}[{r.randrange(3)}][1] + len({name})")

    def string_method(self):
        r = self.r
        if not self.strings:
            self.emit(f"s0_{self.counter} = {r.choice(['a,b,,c', 'Hello World', ' xyz ', 'abcabc'])!r}")
            self.strings.append(f"s0_{self.counter}")
        name = r.choice(self.strings)
        pick = r.random()
        if pick < 0.4:
            self.number("i", r.choice([f"{name}.find({r.choice(['a', 'b', '', ','])!r})", f"{name}.count('a')",
                                       f"len({name}.split(','))", f"len({name} * {r.randrange(-1, 4)})",
                                       f"len({name}[::-1])", f"{name}.rfind('c')"]))
        elif pick < 0.6:
            self.number("b", r.choice([f"{name}.startswith('a')", f"{name}.endswith('c')", f"{name}.isdigit()",
                                       f"{name}.islower()", f"'b' in {name}", f"{name} == {name}[::-1]"]))
        else:
            made = self.fresh("s")
            self.emit(f"{made} = " + r.choice([
                f"{name}.replace('a', 'xy')", f"{name}.strip()", f"{name}.lower()", f"'-'.join([{name}, 'q'])",
                f"{name}[::-1]", f"{name}.zfill(9)", f"{name}.center(11, '*')", f"{name}.ljust(8)", f"str({self.r.randrange(99)}) + {name}",
            ]))
            self.strings.append(made)

    def mixed_widths(self):
        r = self.r
        ints = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
        a, b = r.choice(ints), r.choice(ints)
        pick = r.random()
        if pick < 0.45:
            op = r.choice(["+", "-", "*", "&", "|", "^", "//", "%", "<", ">=", "=="])
            text = f"np.{a}({self.int_(1)}) {op} np.{b}({self.int_(1)})"
            wide = "u" in a and "u" in b or "uint64" not in (a, b)
            kind = "b" if op in ("<", ">=", "==") else "i" if wide or op in "&|^" else "f"
            self.number(kind, text)
            return
        if pick < 0.8:
            name = self.fresh("a")
            op = r.choice(["+", "-", "*", "//", "%"])
            types = ints + ["float32"]
            a, b = r.choice(types), r.choice(types)
            self.emit(f"{name} = np.arange({self.n}).astype(np.{a}) {op} np.full({self.n}, {r.randrange(1, 120)}).astype(np.{b})")
            floats = "float32" in (a, b) or ("uint64" in (a, b) and "u" not in (a if b == "uint64" else b))
            self.vectors.append((name, "f" if floats else "i", "n"))
            return
        z = self.fresh("z")
        self.emit(f"{z} = np.complex64({self.complex_(0)}) {r.choice('+-*')} np.float32({self.float_(0)})")
        self.declare(z, "c")

    def sorted_list(self):
        r, name = self.r, self.fresh("l")
        items = ", ".join(str(r.randrange(-9, 9)) for _ in range(r.randrange(2, 6)))
        self.emit(f"{name} = [{items}]")
        for _ in range(r.randrange(3)):
            self.emit(r.choice([f"{name}.sort(reverse=True)", f"{name}.sort()", f"{name}.pop(0)", f"del {name}[-1]",
                                f"{name}.extend({name}[::-1])", f"{name}[1:] = {name}[:1]", f"{name}.remove({r.randrange(9)})",
                                f"{name} = [k * 2 for k in {name} if k > {r.randrange(-3, 3)}]"]))
        self.number("i", r.choice([f"sum({name})", f"len({name})", f"max({name})", f"{name}.count(3)", f"{name}.index({r.randrange(9)})",
                                   f"sorted({name})[0]", f"{name}[::-2][0]", f"min({name}) + {name}[-1]"]))

    def tuple_(self):
        r, name = self.r, self.fresh("u")
        kinds = [r.choice("if") for _ in range(r.randrange(2, 4))]
        make = {"i": self.int_, "f": self.float_}
        self.emit(f"{name} = ({', '.join(make[kind](1) for kind in kinds)})")
        a, b = self.fresh("y"), self.fresh("y")
        self.emit(f"{a}, {b} = {name}[:2]")
        self.declare(a, kinds[0])
        self.declare(b, kinds[1])
        self.number("b", f"{name} {r.choice(['<', '==', '!=', '>='])} {name}[::-1]" if len(set(kinds)) == 1 else f"{name}[0] < {name}[1]")
        longer = self.fresh("u")
        self.emit(f"{longer} = {name} + ({self.float_(0)},)")
        self.tuples.append((longer, kinds + ["f"]))

    def loop_else(self):
        r, total, at = self.r, self.fresh("i"), self.fresh("k")
        self.lines_(f"{total} = 0", f"for {at} in range({r.randrange(5)}, {r.randrange(-3, 9)}, {r.choice([1, -1, 2, -2])}):",
                    f"    if {at} == {r.randrange(5)}:", f"        {r.choice(['break', 'continue'])}", f"    {total} += {at}",
                    "else:", f"    {total} -= 100")
        self.declare(total, "i")

    def generator(self):
        r, own, total = self.r, self.floats_(), self.fresh("x")
        walked = r.choice([f"helper_items({own}, {r.randrange(4)})", f"helper_count({r.randrange(-1, 7)}, {r.choice([1, 2, 3])})",
                           f"helper_nested({r.randrange(-1, 5)})"])
        pick = r.randrange(5)
        if pick == 0:
            return self.number("i", f"len(list({walked}))")
        if pick == 1:
            held = self.fresh("g")
            self.emit(f"{held} = {walked}")
            self.number("f", f"float(next({held}))")
            self.number("i", f"len(list({held}))")
            return
        self.emit(f"{total} = 0.0")
        item, at, other = self.fresh("v"), self.fresh("k"), self.fresh("v")
        loop = r.choice([f"for {item} in {walked}:", f"for {at}, {item} in enumerate({walked}):",
                         f"for {item}, {other} in zip({walked}, {own}):"])
        self.lines_(loop, f"    {total} = {total} * 0.5 + {item}")
        if r.random() < 0.4:
            self.lines_(f"    if {total} > {r.randrange(6)}:", "        break")
        self.declare(total, "f")

    def iterator(self):
        r, name = self.r, self.fresh("g")
        self.emit(f"{name} = iter({r.choice([self.floats_(), f'range({r.randrange(4)})', '[3, 1, 2]', '(1.5, 2.5)'])})")
        total, item = self.fresh("x"), self.fresh("v")
        self.lines_(f"{total} = float(next({name}))", f"for {item} in {name}:", f"    {total} = {total} * 0.5 + {item}")
        self.declare(total, "f")

    def list_slice(self):
        r, name = self.r, self.fresh("l")
        self.emit(f"{name} = [k * {r.choice([1, 3, -2])} for k in range({r.randrange(1, 7)})]")
        bound = lambda: r.choice(["", "", str(r.randrange(-5, 7))])
        items = lambda: ", ".join(str(r.randrange(-9, 9)) for _ in range(r.randrange(1, 4)))
        for _ in range(r.randrange(1, 3)):
            self.emit(r.choice([
                f"{name}[{bound()}:{bound()}] = [{items()}]", f"{name}[{bound()}:{bound()}] = {name}[{bound()}:{bound()}]",
                f"{name}[::{r.choice([2, -1, 3])}] = {name}[::{r.choice([2, -1, 3])}]", f"del {name}[{bound()}:{bound()}]",
                f"{name}[{bound()}:] = {name}",
            ]))
        self.number("i", r.choice([f"sum({name})", f"len({name})", f"{name}[-1] + len({name})"]))

    def recursion(self):
        self.number("i", f"helper_recursive(np.int64({self.r.randrange(-2, 9)}), {self.r.randrange(1, 5)})")


# Kernels from this number on also have generators, iterators held in variables, and slices of lists that are stored
# through.
WALKS = 400000

HEADER = '''RECORD = np.dtype([("a", np.int8), ("x", np.float64)])


@njit
def helper_recursive(n, k):
    if n <= 0:
        return k
    if n % 2 == 0:
        return helper_recursive(n - 1, k) + 1
    return helper_recursive(n - 2, k) * k - helper_recursive(n - 3, k)


@njit
def helper_items(a, k):
    b = a * 0.5
    for i in range(len(a)):
        if i % 4 == k:
            continue
        yield b[i]
        b[i] = 3.0
        if a[i] > 5.0:
            return
    yield b[0]


@njit
def helper_count(n, step):
    i = 0
    while i < n:
        yield i
        i += step


@njit
def helper_nested(n):
    for a in helper_count(n, 1):
        for b in helper_count(a, 2):
            yield a * 10 + b


'''
