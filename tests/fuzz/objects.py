"""The part of the grammar that is about references: arrays that are assigned again, containers of arrays, strings,
closures, views, and `try` around all of them."""


class Objects:
    """Statements over `self.arrays` (contiguous float64 arrays of length n), containers of them, and strings."""

    def start_objects(self):
        self.arrays, self.array_lists, self.array_dicts, self.array_tuples = [], [], [], []
        self.strings, self.closures = [], []
        # A name keeps its type: what is assigned again was declared outside of the present blocks, too.
        self.in_try = 0

    def object_scopes(self):
        return (self.arrays, self.array_lists, self.array_dicts, self.array_tuples, self.strings, self.closures)

    # -- expressions

    def array(self, depth=2):
        """A contiguous float64 array of length n."""
        r = self.r
        make = [
            lambda: f"np.zeros({self.n})",
            lambda: f"np.full({self.n}, {self.float_(1)})",
            lambda: f"(np.arange({self.n}) * 0.5)",
            lambda: f"np.linspace(0.0, {r.randrange(1, 5)}, {self.n})",
        ]
        if self.arrays and depth > 0:
            own = r.choice(self.arrays)
            inner = lambda: self.array(depth - 1)
            make += [
                lambda: f"({own} {r.choice('+-*')} {self.float_(1)})",
                lambda: f"({own} {r.choice('+-*')} {inner()})",
                lambda: f"({own} {r.choice('+-*')} {inner()})",
                lambda: f"np.sort({inner()})",
                lambda: f"np.cumsum({own})",
                lambda: f"np.clip({own}, -2.0, {r.randrange(3)}.5)",
                lambda: f"np.roll({own}, {r.randrange(-2, 5)})",
                lambda: f"{own}[::-1].copy()",
                lambda: f"{own}.copy()",
                lambda: f"np.where({own} > {self.float_(0)}, {own}, {inner()})",
                lambda: f"np.concatenate(({own}[:1], {inner()}[1:]))",
                lambda: f"np.append({own}[1:], {self.float_(0)})",
                lambda: f"{own}[np.argsort({inner()})]",
                lambda: f"helper_array({own}, {self.int_(1)})",
                lambda: own,
            ]
        for name in self.array_lists:
            make += [lambda name=name: f"{name}[{self.place(name)}]"] * 2
        for name in self.array_dicts:
            make += [lambda name=name: f"{name}[{r.randrange(4)}]"]
        for name, count in self.array_tuples:
            make += [lambda name=name, count=count: f"{name}[{r.randrange(count)}]"]
        for name, kind in self.closures:
            if kind == "array" and self.arrays:
                make.append(lambda name=name: f"{name}({r.choice(self.arrays)})")
        return r.choice(make)()

    def place(self, name):
        """An index of a list that is mostly inside."""
        r = self.r
        if r.random() < 0.15:
            return f"np.int64({self.int_(0)})"
        return f"np.int64({self.int_(0)}) % len({name})"

    def number_of(self, name):
        """A float out of an array: an item, a reduction, a view's reduction."""
        r = self.r
        return r.choice([
            f"{name}[{self.index(name)}]",
            f"{name}[{self.slice_()}].sum()",
            f"{name}.sum()",
            f"np.dot({name}, {r.choice(self.arrays)})" if self.arrays else f"{name}.max()",
            f"{name}[{name} > 0.5].sum()",
            f"np.diff({name}).min()",
        ])

    def text(self, depth=2):
        r = self.r
        make = [lambda: repr(r.choice(["", "a", "xyz", "k0"])), lambda: f"str({self.int_(0)})"]
        if self.strings and depth > 0:
            name = r.choice(self.strings)
            make += [
                lambda: name,
                lambda: f"({name} + {self.text(depth - 1)})",
                lambda: f"{name}[{self.slice_()}]",
                lambda: f"{name}.upper()",
            ]
        return r.choice(make)()

    # -- statements

    def object_statement(self):
        r = self.r
        pick = r.random()
        nested = self.depth < 3
        if pick < 0.16:
            self.new_array()
        elif pick < 0.3 and self.arrays:
            self.emit(f"{r.choice(self.arrays)} = {self.array()}")
        elif pick < 0.36 and len(self.arrays) > 1:
            a, b = r.choice(self.arrays), r.choice(self.arrays)
            self.emit(f"{a}, {b} = {b}, {a}")
        elif pick < 0.5:
            self.object_container()
        elif pick < 0.6:
            self.view_store()
        elif pick < 0.68:
            self.object_number()
        elif pick < 0.74:
            self.string_statement()
        elif pick < 0.8 and not self.in_try:
            self.closure()
        elif pick < 0.94 and nested and not self.in_try:
            self.try_()
        elif nested and self.array_lists and self.loops < 3:
            self.loops += 1
            name, total = self.fresh("v"), self.fresh("x")
            self.emit(f"{total} = 0.0")
            self.declare(total, "f")
            self.emit(f"for {name} in {r.choice(self.array_lists)}:")
            mark = self.mark()
            self.arrays.append(name)
            self.in_loop += 1
            self.depth += 1
            self.emit(f"{total} += {self.number_of(name)}")
            self.depth -= 1
            self.block(1)
            self.in_loop -= 1
            self.forget(mark)
        else:
            self.new_array()

    def new_array(self):
        name = self.fresh("b")
        self.emit(f"{name} = {self.array()}")
        self.arrays.append(name)

    def object_container(self):
        r = self.r
        pick = r.random()
        if self.array_lists and pick < 0.25:
            name = r.choice(self.array_lists)
            self.emit(r.choice([
                f"{name}.append({self.array(1)})",
                f"{name}[{self.place(name)}] = {self.array(1)}",
                f"{name} = [{self.array(1)}, {name}[0]]",
                f"{name}.insert({r.randrange(3)}, {self.array(1)})",
                f"{name}.pop()",
                f"{name} = {name}[1:] + {name}[:1]",
            ]))
        elif self.array_dicts and pick < 0.4:
            name = r.choice(self.array_dicts)
            self.emit(r.choice([
                f"{name}[{self.small_int()}] = {self.array(1)}",
                f"{name}[{r.randrange(4)}] += {self.float_(1)}",
                f"{name} = {{{r.randrange(4)}: {self.array(1)}}}",
            ]))
        elif self.array_tuples and pick < 0.5:
            name, count = r.choice(self.array_tuples)
            self.emit(f"{name} = ({', '.join(self.array(1) for _ in range(count))},)")
        elif pick < 0.7:
            name = self.fresh("m")
            self.emit(f"{name} = [{', '.join(self.array(1) for _ in range(r.randrange(1, 4)))}]")
            self.array_lists.append(name)
        elif pick < 0.85:
            name = self.fresh("e")
            first = r.randrange(3)
            self.emit(f"{name} = {{{first}: {self.array(1)}, {first + 1}: {self.array(1)}}}")
            self.array_dicts.append(name)
        else:
            name, count = self.fresh("g"), r.randrange(1, 4)
            self.emit(f"{name} = ({', '.join(self.array(1) for _ in range(count))},)")
            self.array_tuples.append((name, count))

    def view_store(self):
        """Stores through slices, masks and parts of a matrix."""
        r = self.r
        matrices = [name for name, kind in self.matrices if kind == "f"]
        if matrices and r.random() < 0.5:
            name = r.choice(matrices)
            self.emit(r.choice([
                f"{name}[{self.index(name)}] = {self.array(1)}",
                f"{name}[:, {self.index(name)}] = {self.float_(1)}",
                f"{name}[{self.slice_()}, {self.index(name)}] {r.choice(['=', '+='])} {self.float_(1)}",
                f"{name}[{self.slice_()}, {self.slice_()}] *= 0.5",
            ]))
            return
        if not self.arrays:
            return self.new_array()
        name, other = r.choice(self.arrays), self.array(1)
        self.emit(r.choice([
            f"{name}[{self.slice_()}] = {self.float_(1)}",
            f"{name}[1:] = {other}[:-1]",
            f"{name}[{self.slice_()}] += {self.float_(1)}",
            f"{name}[{name} > {self.float_(0)}] = {self.float_(0)}",
            f"{name} += {other}",
            f"{name}[:] = {other}",
            f"{name}[{self.slice_()}] = {other}[{self.slice_()}]",
        ]))

    def object_number(self):
        name = self.fresh("x")
        matrices = [matrix for matrix, kind in self.matrices if kind == "f"]
        if matrices and self.r.random() < 0.4:
            matrix = self.r.choice(matrices)
            text = self.r.choice([
                f"{matrix}[{self.slice_()}, {self.index(matrix)}].sum()",
                f"{matrix}[{self.slice_()}, {self.slice_()}].sum()",
                f"{matrix}.T[{self.index(matrix)}, {self.index(matrix)}]",
                f"{matrix}.sum(axis=0)[{self.index(matrix)}]",
            ])
            self.emit(f"{name} = {text}")
        elif self.arrays:
            self.emit(f"{name} = {self.number_of(self.r.choice(self.arrays))}")
        else:
            return self.new_array()
        self.declare(name, "f")

    def string_statement(self):
        r = self.r
        pick = r.random()
        if self.strings and pick < 0.3:
            self.emit(f"{r.choice(self.strings)} = {self.text()}")
        elif self.strings and pick < 0.6:
            name = self.fresh("i")
            self.emit(f"{name} = len({self.text()})")
            self.declare(name, "i")
        elif self.strings and pick < 0.8:
            name = self.fresh("t")
            self.emit(f"{name} = {self.text(1)} {r.choice(['==', '!=', 'in', '<'])} {self.text(1)}")
            self.declare(name, "b")
        else:
            name = self.fresh("s")
            self.emit(f"{name} = {self.text()}")
            self.strings.append(name)

    def closure(self):
        """An inner function that captures what will not be assigned again."""
        r = self.r
        name, held = self.fresh("inner"), self.fresh("h")
        if r.random() < 0.6:
            self.emit(f"{held} = {self.array(1)}")
            self.emit(f"def {name}(v):")
            body = r.choice([f"v + {held}", f"v * {held}[0]", f"np.sort(v - {held})", f"{held} if v[0] > 0.0 else v"])
            self.emit(f"    return {body}")
            self.closures.append((name, "array"))
            if self.arrays:
                self.emit(f"{r.choice(self.arrays)} = {name}({r.choice(self.arrays)})")
        else:
            self.emit(f"{held} = {self.float_(1)}")
            self.emit(f"{name} = lambda v: v * {held} + 1.0")
            out = self.fresh("x")
            self.emit(f"{out} = {name}({self.float_(1)})")
            self.declare(out, "f")

    def try_(self):
        r = self.r
        # What the body assigns first is not read outside of it: it may be unset there.
        self.in_try += 1
        self.emit("try:")
        mark = self.mark()
        self.depth += 1
        for _ in range(r.randrange(1, 4)):
            self.object_statement() if r.random() < 0.75 else self.statement()
        if r.random() < 0.6:
            self.emit(f"if {self.bool_()}:")
            self.emit(f"    raise {r.choice(['ValueError', 'IndexError', 'RuntimeError'])}('no')")
        if self.arrays and r.random() < 0.6:
            self.emit(f"{r.choice(self.arrays)} = {self.array(1)}")
        self.depth -= 1
        self.forget(mark)
        self.emit("except Exception:")
        self.handler()
        if r.random() < 0.25:
            self.emit("else:")
            self.handler()
        if r.random() < 0.2:
            self.emit("finally:")
            self.handler()
        self.in_try -= 1

    def handler(self):
        mark = self.mark()
        self.depth += 1
        if self.arrays and self.r.random() < 0.7:
            self.emit(f"{self.r.choice(self.arrays)} = {self.array(1)}")
        else:
            self.emit("pass")
        if self.r.random() < 0.4:
            self.object_statement()
        self.depth -= 1
        self.forget(mark)
