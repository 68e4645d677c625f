//! Types, callees and refusals in the words of the person who wrote the code.

use crate::hir::body::RefusedKind;
use crate::table::{Refusal, RefusalKind};
use crate::ty::{ArrayTy, Layout, Literal, RecordTy, Ty};

use super::report::Text;

mod parallel;
pub(super) use parallel::{prange_index, reduction};

/// A type as a user knows it: literals by their base type, holes as `?`.
pub(crate) fn ty(ty: &Ty) -> String {
    match ty {
        Ty::Hole(_) | Ty::Poison => "?".to_string(),
        Ty::Literal(Literal::Int(value)) => format!("int64 ({value})"),
        Ty::Literal(Literal::Bool(value)) => format!("bool ({})", if *value { "True" } else { "False" }),
        Ty::Literal(Literal::Str(value)) => format!("str ({value:?})"),
        Ty::Str => "str".to_string(),
        Ty::None => "None".to_string(),
        Ty::Undefined => "?".to_string(),
        Ty::List { elem, .. } => format!("list({})", self::ty(elem)),
        Ty::LiteralList(items) => format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(", ")),
        Ty::Tuple(items) | Ty::StarArgs(items) if items.len() <= 6 => match &**items {
            [] => "()".to_string(),
            [one] => format!("({},)", item(one)),
            items => format!("({})", items.iter().map(item).collect::<Vec<_>>().join(", ")),
        },
        Ty::Dict(dict) => format!("dict({}, {})", self::ty(&dict.key), self::ty(&dict.value)),
        Ty::Optional(inner) => format!("{} or None", self::ty(inner)),
        Ty::Function(path) => format!("`{}`", callee(path)),
        Ty::Module(path) if &**path == "numpy" => "`np`".to_string(),
        Ty::Module(path) => format!("`{path}`"),
        Ty::NumberClass(of) => format!("the type {}", self::ty(of)),
        Ty::LiteralStrKeyDict(_) => "a dict of values of several types".to_string(),
        Ty::Record(record) => self::record(record),
        Ty::Array(array) if array.ndim.is_none() || ty.has_hole() || matches!(array.elem, Ty::Record(_)) => {
            self::array(array)
        }
        Ty::JitClassInstance(class) => format!("`{}`", class.0.rsplit([':', '.']).next().unwrap_or(&class.0)),
        Ty::StructRef(class) => {
            let fields = class.fields.iter().map(|(name, ty)| format!("{name}: {}", self::ty(ty)));
            format!("`{}({})`", class.name, fields.collect::<Vec<_>>().join(", "))
        }
        Ty::Dispatcher(kernel) => format!("the function `{}`", kernel.qualname),
        Ty::Opaque(_) if ty.as_python_object().is_some() => {
            ty.as_python_object().unwrap_or_default().to_string()
        }
        other => other.unliteral().to_string().replace("<iv=None>", ""),
    }
}

/// A record by the names of its fields.
fn record(record: &RecordTy) -> String {
    let names: Vec<&str> = record.fields.iter().map(|field| &*field.name).collect();
    format!("record({})", names.join(", "))
}

/// What is known of an array: `array(float64, 2d)`, `array(2d)`, `array`.
fn array(array: &ArrayTy) -> String {
    let mut known = Vec::new();
    if !array.elem.is_hole() {
        known.push(ty(&array.elem));
    }
    known.extend(array.ndim.map(|ndim| format!("{ndim}d")));
    if array.layout != Layout::Hole && array.ndim.is_some() {
        known.push(format!("{:?}", array.layout));
    }
    if known.is_empty() { "array".to_string() } else { format!("array({})", known.join(", ")) }
}

/// The sentence for an argument that Numba has no type for.
pub(super) fn argument_type(param: Option<&str>, ty: &Ty) -> Text {
    let rule = &super::ARGUMENT_TYPE;
    let Some(what) = ty.as_python_object() else {
        return Text::new(rule, format!("Numba cannot compile for an argument of type {}", self::ty(ty)));
    };
    let param = param.map_or_else(|| "an argument".to_string(), |param| format!("`{param}`"));
    let advice = match what {
        "a dict" => "pass a `numba.typed.Dict`, a named tuple, or the values as arguments of their own",
        what if what.ends_with(" by default") => "make the default a tuple or None",
        "an empty list" => {
            "pass an array, as in `np.empty(0)`: an empty list has no item to tell the type by"
        }
        what if what.starts_with("a list of ") && what.contains(" and ") => {
            "write every item as a number of one type, or pass an array: Numba goes by the first item"
        }
        what if what.starts_with("the function ") => {
            "call it inside, or pass a function that is decorated with `@njit`"
        }
        what if what.starts_with("the type ") => "use the type inside, or pass one of NumPy, as `np.float64`",
        what if what.starts_with("the module ") => "a module can be used without being passed",
        "a `range`" => "pass its limits, or an array made by `np.arange`",
        "an iterator" => "pass what it walks over",
        "an array of Python objects" => "pass an array of numbers or of fixed-width strings",
        "a big-endian array" => "convert it: `a.astype(a.dtype.newbyteorder(\"=\"))`",
        "an integer of more than 64 bits" => "pass a float, or split the number",
        "an `object`" => "pass None, or an int that no value has",
        "a `frozenset`" => "pass a set, or a tuple",
        "a masked array" => "pass `a.data` and `a.mask`",
        "an array of extended precision" => "convert it: `a.astype(np.float64)`",
        what if what.starts_with("the plain Python function") => "decorate the function with `@njit`",
        what if what.contains("Frame`") || what.contains("Series`") => {
            "pass the array inside: `df[\"x\"].to_numpy()`"
        }
        what if what.contains("_matrix`") || what.contains("_array`") => {
            "pass its arrays: `m.data`, `m.indices`, `m.indptr`"
        }
        _ if param == "`self`" => {
            "make it a function outside of the class that takes the fields, or use `jitclass`"
        }
        _ => "pass its fields as arguments, or make its class a `NamedTuple` or a `jitclass`",
    };
    Text::new(rule, format!("{param} is {what} here, which Numba has no type for")).help(advice)
}

/// A member of a tuple, without its value.
fn item(ty: &Ty) -> String {
    self::ty(&ty.unliteral())
}

/// Each type once, in order: `int64, array(float64, 1d, C)`.
pub(super) fn distinct<'a>(types: impl Iterator<Item = &'a Ty>) -> String {
    let mut spelled: Vec<String> = Vec::new();
    for one in types {
        let one = ty(one);
        if !spelled.contains(&one) {
            spelled.push(one);
        }
    }
    match spelled.as_slice() {
        [a, b] => format!("{a} and {b}"),
        _ => spelled.join(", "),
    }
}

/// A callee as it is usually written: `np.zeros`, `len`, `.append`.
pub(crate) fn callee(path: &str) -> String {
    if let Some(class) = path.strip_prefix("class(").and_then(|rest| rest.strip_suffix(')')) {
        return format!("np.{}", class.split('[').next().unwrap_or(class));
    }
    if let Some(rest) = path.strip_prefix("numpy.") {
        return format!("np.{rest}");
    }
    if let Some(rest) = path.strip_prefix("builtins.") {
        return rest.to_string();
    }
    for kind in ["array.", "list.", "str.", "dict.", "set.", "tuple.", "typedlist.", "record.", "number."] {
        if let Some(rest) = path.strip_prefix(kind) {
            return format!(".{rest}");
        }
    }
    path.to_string()
}

fn types(args: &[Ty]) -> String {
    args.iter().map(ty).collect::<Vec<_>>().join(", ")
}

const OPERATORS: &[&str] = &[
    "-", "+", "~", "not", "*", "@", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "<", "<=", ">", ">=",
    "==", "!=", "in", "not in", "is", "is not",
];

/// Whether a refusal's subject is an operator or another form of syntax, and no function.
pub(crate) fn is_operator(what: &str) -> bool {
    OPERATORS.contains(&what)
        || matches!(what, "[]" | "[] =" | "{}" | "for" | "next" | "unpacking" | "slice" | "del")
}

/// The sentence for a refused call, operator, attribute or index.
pub(super) fn refusal(what: &str, refusal: &Refusal, args: &[Ty], source: &str) -> Text {
    use super as rules;
    let name = callee(what);
    match &refusal.kind {
        RefusalKind::ListAsShape => Text::new(
            &rules::LIST_AS_SHAPE,
            format!("`{name}` takes its shape as an int or a tuple of ints, not a list"),
        )
        .note("a list has no static length, so the number of dimensions would be unknown to the compiler"),
        RefusalKind::FloatAsShape(got) => {
            Text::new(&rules::FLOAT_AS_SIZE, format!("`{name}` needs an int here, this is {}", ty(got)))
                .help("divide with `//`, or convert with `int(..)`")
        }
        RefusalKind::ListOfArrays => Text::new(
            &rules::LIST_OF_ARRAYS,
            format!("`{name}` takes a tuple of arrays in nopython mode, this is a list"),
        )
        .help("write `(a, b)` instead of `[a, b]`"),
        RefusalKind::PythonDtype(python) => {
            let numpy = match &**python {
                "int" => "np.int64",
                "bool" => "np.bool_",
                "complex" => "np.complex128",
                _ => "np.float64",
            };
            Text::new(
                &rules::PYTHON_DTYPE,
                format!("the Python type `{python}` is not a dtype for `{name}` here"),
            )
            .help(format!("use `{numpy}`"))
        }
        RefusalKind::UnsupportedKeyword(keyword) | RefusalKind::UnknownKeyword(keyword) => {
            let text = Text::new(
                &rules::UNSUPPORTED_KEYWORD,
                format!("`{name}` has no parameter `{keyword}` in nopython mode"),
            );
            match &**keyword {
                "axis" => text
                    .note("Numba implements it for all items of an array together")
                    .help("loop over the other axis and call it for each part"),
                "out" => text.help("pass the output array by position"),
                "keepdims" => text.help("reshape the result"),
                _ => text
                    .note("Numba implements fewer parameters than NumPy")
                    .help("leave it out, or write it as a loop"),
            }
        }
        RefusalKind::TooNew { param: Some(param), since: (major, minor) } => Text::new(
            &rules::UNSUPPORTED_KEYWORD,
            format!("`{name}` has no parameter `{param}` before Numba {major}.{minor}"),
        )
        .help(format!("leave it out, or require Numba {major}.{minor}")),
        RefusalKind::TooNew { param: None, since: (major, minor) } => Text::new(
            &rules::UNSUPPORTED_CALL,
            format!("Numba does not implement `{name}` before version {major}.{minor}"),
        )
        .help(format!("write it as a loop, or require Numba {major}.{minor}")),
        RefusalKind::TooManyArguments { takes, given } => Text::new(
            &rules::ARGUMENT_COUNT,
            format!("`{name}` takes {takes} positional argument{}, {given} are given", plural(*takes)),
        ),
        RefusalKind::MissingArgument(param) => {
            Text::new(&rules::ARGUMENT_COUNT, format!("`{name}` is called without its argument `{param}`"))
        }
        RefusalKind::Unsupported => {
            let text = Text::new(&rules::UNSUPPORTED_CALL, format!("Numba does not implement `{name}`"));
            match crate::table::unsupported(what) {
                Some(advice) if !advice.is_empty() => text.help(advice.to_string()),
                _ => text.help("write it as a loop, or call it outside the jitted function"),
            }
        }
        RefusalKind::NotContiguous => Text::new(
            &rules::NOT_CONTIGUOUS,
            format!("`{name}` needs a contiguous array, this one may have gaps"),
        )
        .help("copy it first: `np.ascontiguousarray(a)`"),
        RefusalKind::Readonly(array) => {
            Text::new(&rules::READONLY_WRITE, format!("{} cannot be written to", ty(array)))
                .note("global and closure arrays are compile-time constants")
                .help("pass the array as an argument, or write to a copy")
        }
        RefusalKind::IndexType(index) => index_type(index),
        RefusalKind::TooManyIndices { array, given } => {
            Text::new(&rules::UNSUPPORTED_INDEX, format!("{given} indices are too many for {}", ty(array)))
        }
        RefusalKind::TupleIndex { len, index } => Text::new(
            &rules::UNSUPPORTED_INDEX,
            format!("index {index} is out of range for a tuple of {len} item{}", plural(*len)),
        ),
        RefusalKind::HeterogeneousIndex(tuple) => Text::new(
            &rules::UNSUPPORTED_INDEX,
            format!("an item of {} has no single type unless its index is a constant", ty(tuple)),
        )
        .note("the type of an expression is known before its value, and here the value decides")
        .help("use a constant index, loop with `literal_unroll`, or make all items one type"),
        RefusalKind::WrongTupleLength { expected, got } => Text::new(
            &rules::WRONG_TUPLE_LENGTH,
            format!("{expected} names are unpacked from a tuple of {got} item{}", plural(*got)),
        ),
        RefusalKind::UnsafeCast { from, to } => Text::new(
            &rules::NO_CONVERSION,
            format!("{} does not fit into a container of {} safely", ty(from), ty(to)),
        )
        .help(format!("convert it first, for example `{}(..)`", ty(to))),
        RefusalKind::NoAttribute(attribute) => no_attribute(args.first(), &name, attribute),
        RefusalKind::NotIterable(value) => {
            Text::new(&rules::NOT_ITERABLE, format!("{} cannot be iterated over in nopython mode", ty(value)))
        }
        RefusalKind::NotCallable(value) => not_callable(value, source),
        RefusalKind::NeedsLiteral(_) if what == "[]" => Text::new(
            &rules::UNSUPPORTED_INDEX,
            "a dict whose values have several types can be read with a constant key only",
        )
        .help("use a named tuple, or several variables"),
        RefusalKind::NeedsLiteral(_) if matches!(what, "builtins.float" | "builtins.int") => Text::new(
            &rules::UNSUPPORTED_CALL,
            format!("`{name}` cannot read a number from a string that is no constant"),
        )
        .help("convert it outside of the jitted function"),
        RefusalKind::NeedsLiteral(param) => {
            Text::new(&rules::UNSUPPORTED_CALL, format!("`{name}` needs a constant for `{param}`"))
        }
        RefusalKind::ArgumentType { param, got } => {
            let text = Text::new(
                &rules::UNSUPPORTED_CALL,
                format!("`{name}` does not take {} for `{param}`", ty(got)),
            );
            argument_advice(text, what, param, got)
        }
        RefusalKind::NoOverload(given) if OPERATORS.contains(&what) => operator(what, given),
        RefusalKind::NoOverload(given) => {
            let given = if given.is_empty() { args } else { given };
            let message = match given {
                [one, _] if what == "[]" && !matches!(one, Ty::Array(_)) => {
                    format!("{} cannot be indexed", ty(one))
                }
                [one] => format!("`{name}` does not take {}", ty(one)),
                _ => format!("`{name}` does not take ({})", types(given)),
            };
            let text = Text::new(&rules::UNSUPPORTED_CALL, message);
            match given.first() {
                Some(one) if one.is_number() && matches!(what, "[]" | "builtins.len") => {
                    text.note("the value is a single number here, not an array")
                }
                Some(Ty::Array(_)) if what.starts_with("math.") => text
                    .note("the functions of `math` take single numbers")
                    .help(format!("use `{}`", name.replace("math.", "np."))),
                Some(Ty::List { .. }) if what == "builtins.tuple" => text
                    .note("the length of a tuple is part of its type, and that of a list is not known")
                    .help("write the tuple out: `(a, b)`"),
                _ if what == "numba.typed.List.empty_list" => {
                    text.help("give it a type of Numba: `numba.float64`")
                }
                _ if what == "list.append" => text
                    .note("a list has items of one type, and earlier ones decide which")
                    .help("append items of one type"),
                _ => text,
            }
        }
        RefusalKind::Other(sentence) => Text::new(&rules::UNSUPPORTED_CALL, sentence.to_string()),
    }
    .finish(what, args)
}

impl Text {
    /// Refusals that operators share with calls are about operators.
    fn finish(mut self, what: &str, args: &[Ty]) -> Text {
        if OPERATORS.contains(&what) && self.rule.code == super::UNSUPPORTED_CALL.code {
            self.rule = &super::UNSUPPORTED_OPERATOR;
        }
        if what.starts_with("[]") && self.rule.code == super::UNSUPPORTED_CALL.code {
            self.rule = &super::UNSUPPORTED_INDEX;
            if let [target, index, value] = args
                && self.message.contains("does not take")
            {
                self.message =
                    format!("an item of {} at {} cannot be set to {}", ty(target), ty(index), ty(value));
            }
        }
        self
    }
}

fn not_callable(value: &Ty, source: &str) -> Text {
    let text = Text::new(&super::UNSUPPORTED_CALL, format!("{} cannot be called", ty(value)));
    match source.split('(').next() {
        Some(name) if crate::table::find(&format!("builtins.{name}")).is_some() => {
            text.note(format!("`{name}` is a variable of this function, which hides the builtin"))
        }
        _ => text,
    }
}

fn no_attribute(on: Option<&Ty>, name: &str, attribute: &str) -> Text {
    let on_name = on.map_or_else(|| name.to_string(), ty);
    let text = Text::new(
        &super::UNSUPPORTED_ATTRIBUTE,
        format!("{on_name} has no attribute `{attribute}` in nopython mode"),
    );
    match (on, attribute) {
        (Some(Ty::Module(module)), _) if &**module == "numpy" => {
            text.note("NumPy has dropped the name, or Numba does not know it")
        }
        (Some(Ty::Str | Ty::Literal(Literal::Str(_))), "format") => {
            text.help("write an f-string: `f\"n={n}\"`")
        }
        (Some(Ty::Array(_)), "append") => text.help("arrays do not grow: fill a list, or use `np.append`"),
        (Some(Ty::Array(_)), "tolist") => text.help("use `list(a)`"),
        (Some(number), "shape" | "size" | "ndim" | "copy" | "sum") if number.is_number() => {
            text.note("the value is a single number here, not an array")
        }
        (Some(Ty::JitClassInstance(class)), _) => {
            let fields: Vec<String> = class.1.iter().map(|(name, _)| format!("`{name}`")).collect();
            text.note(format!("its specification has the fields {}", fields.join(", ")))
        }
        _ => text,
    }
}

/// What to do about an argument of a type that the function does not take.
fn argument_advice(text: Text, what: &str, param: &str, got: &Ty) -> Text {
    match (param, got) {
        ("shape", Ty::Array(_)) => text
            .note("the number of dimensions has to be known, and the length of an array is not")
            .help("write the sizes as a tuple: `(n, m)`"),
        ("shape", Ty::Tuple(_)) => {
            text.help("a size that may be None needs a name of its own: `m = 3 if n is None else n`")
        }
        ("dtype", Ty::Str) => text
            .note("a dtype has to be known when the function is compiled")
            .help("write it in place, or pass an array of that dtype"),
        ("dtype", ty) if ty.is_integer() => {
            text.note("the second argument is the dtype").help("write the shape as a tuple: `(n, m)`")
        }
        (_, Ty::List { elem, .. })
            if matches!(what, "numpy.array" | "numpy.asarray") && matches!(&**elem, Ty::Array(_)) =>
        {
            text.note("only lists of numbers, and lists of these, become arrays")
                .help("use `np.stack((a, b))`, or fill an array row by row")
        }
        (_, Ty::List { .. }) => text.help("make it an array first: `np.array(..)`"),
        (_, Ty::Array(array)) if what.starts_with("numpy.linalg.") && array.elem.is_integer() => text
            .note("linear algebra works on floats and complex numbers")
            .help("convert it: `a.astype(np.float64)`"),
        _ => text,
    }
}

fn operator(what: &str, given: &[Ty]) -> Text {
    let rule = &super::UNSUPPORTED_OPERATOR;
    let none = given.iter().any(|ty| matches!(ty, Ty::None | Ty::Optional(_)));
    let text = match given {
        [one] if what == "not" => Text::new(rule, format!("`not` does not work on {}", ty(one)))
            .help("compare instead: `len(x) == 0`, `x.size == 0`, `x is None`"),
        [one] => Text::new(rule, format!("`{what}` does not work on {}", ty(one))),
        [left, right] => Text::new(rule, format!("`{what}` does not work on {} and {}", ty(left), ty(right))),
        _ => Text::new(rule, format!("`{what}` does not work on ({})", types(given))),
    };
    match given {
        [Ty::Str | Ty::Literal(Literal::Str(_)), _] if what == "%" => {
            return text.help("write an f-string: `f\"n={n}\"`");
        }
        [Ty::NumberClass(_), _] => return text.help("use `isinstance(x, int)`"),
        [Ty::Array(left), Ty::Array(right)] if what == "@" => {
            let text =
                text.note("products of matrices work on floats and complex numbers of one or two dimensions");
            return if left.elem.is_integer() || right.elem.is_integer() {
                text.help("convert them: `a.astype(np.float64)`")
            } else {
                text.help("loop over the first dimension")
            };
        }
        [Ty::Tuple(items), _] if matches!(items.first(), Some(Ty::Array(_))) => {
            return text.help("`np.where(..)` gives a tuple of arrays: take an item, `np.where(..)[0]`");
        }
        _ => {}
    }
    if none {
        return text.help("Numba removes a branch only for `x is None` or `x is not None`");
    }
    text
}

fn index_type(index: &Ty) -> Text {
    let text = Text::new(&super::UNSUPPORTED_INDEX, format!("an array cannot be indexed with {}", ty(index)));
    match index {
        Ty::Float(_) => text.help("an index must be an int: divide with `//`, or convert with `int(..)`"),
        Ty::List { .. } => text.help("index with an integer array: `a[np.array([0, 2])]`"),
        _ => text,
    }
}

fn plural(count: u32) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// The sentence for syntax that Numba turns down before typing.
pub(super) fn syntax(kind: &RefusedKind) -> Text {
    let rule = &super::UNSUPPORTED_SYNTAX;
    match kind {
        RefusedKind::Import(name) => Text::new(rule, format!("`{name}` is imported inside the function"))
            .help("import it at the top of the file"),
        RefusedKind::Class => Text::new(rule, "a class cannot be defined inside jitted code"),
        RefusedKind::GlobalStore(name) => Text::new(
            rule,
            format!("the global `{name}` cannot be assigned: globals are compile-time constants"),
        )
        .help("return the value, or write into an array that is passed in"),
        RefusedKind::NonlocalStore(name) => Text::new(
            rule,
            format!("the variable `{name}` of the enclosing function cannot be assigned here"),
        ),
        RefusedKind::StarredTarget => {
            Text::new(rule, "a starred target needs a length that is only known at run time")
                .help("take slices: `a, b = t[0], t[1:]`")
        }
        RefusedKind::SequencePattern => Text::new(rule, "only value patterns are supported in `match`"),
        RefusedKind::YieldFrom => {
            Text::new(rule, "`yield from` is not supported").help("loop and `yield` each item")
        }
        RefusedKind::Await => Text::new(rule, "asynchronous code is not supported in nopython mode"),
        RefusedKind::FormatSpec => Text::new(rule, "f-strings take no format specification in nopython mode")
            .help("print the value as an argument of its own, or leave the format out"),
        RefusedKind::FormatConversion => {
            Text::new(rule, "f-strings take no conversion (`!r`, `!s`) in nopython mode")
        }
        RefusedKind::PercentFormat => Text::new(rule, "`%` formatting is not supported in nopython mode"),
        RefusedKind::BareReraise => {
            Text::new(rule, "an exception cannot be raised again").help("raise a new one")
        }
        RefusedKind::RaiseFrom => {
            Text::new(rule, "`raise .. from ..` is not supported").help("raise without `from`")
        }
        RefusedKind::ExceptAs(name) => Text::new(rule, format!("the exception cannot be kept as `{name}`"))
            .help("write `except Exception:`"),
        RefusedKind::ExceptClass(name) => Text::new(
            rule,
            match &**name {
                "a tuple" => {
                    "`except (A, B)` is not supported: only `except:` and `except Exception:` are".to_string()
                }
                name => format!("`except {name}` is not supported: only `except:` and `except Exception:` are"),
            },
        )
        .help("catch `Exception`, or test for the cause before"),
        RefusedKind::GeneratorExpression => Text::new(rule, "generator expressions are not supported")
            .help("use a list comprehension or a loop"),
        RefusedKind::SetComprehension => {
            Text::new(rule, "set comprehensions are not supported").help("add to a set in a loop")
        }
        RefusedKind::WalrusInOperator(name) => {
            Text::new(rule, format!("`{name} := ..` inside an operator is not supported"))
                .help("assign on a line of its own")
        }
        RefusedKind::DeleteVariable(name) => {
            Text::new(rule, format!("`del {name}` is not supported for variables")).help("leave it out")
        }
        RefusedKind::UndefinedLocal(name) => {
            Text::new(&super::UNDEFINED_NAME, format!("`{name}` is read before it is assigned"))
        }
        RefusedKind::KwArgs(name) => {
            Text::new(rule, format!("a jitted function cannot have a parameter `**{name}`"))
                .note("every argument has its place and its type when the function is compiled")
                .help("write the parameters out")
        }
        RefusedKind::KeywordSplat => {
            Text::new(rule, "jitted code cannot pass `**` to a call").help("write the arguments out")
        }
        RefusedKind::With(name) => {
            Text::new(rule, format!("`with {name}` is not supported in nopython mode"))
                .note("`with objmode(..)` is the only context manager that compiled code has")
                .help("put the `with` around the call of the function")
        }
        RefusedKind::ObjModeWithoutTypes(name) => {
            Text::new(rule, format!("`{name}` leaves the `objmode` block and needs a type annotation"))
                .help(format!("write `with objmode({name}=\"float64\"):`"))
        }
        RefusedKind::ObjModeUnused(name) => {
            Text::new(rule, format!("`{name}` is annotated for `objmode`, but does not leave the block"))
                .note("every annotation must be of a variable that the block sets and later code reads")
                .help("leave the annotation out")
        }
        RefusedKind::InObjMode(what) => {
            Text::new(rule, format!("{what} cannot stand in an `objmode` block"))
                .note("Numba reads the block with the rest of the function before Python runs it")
                .help("put it into a plain function, and call that in the block")
        }
        RefusedKind::PrintKeyword(name) => {
            Text::new(rule, format!("`print` takes no `{name}=` in nopython mode")).help("leave it out")
        }
        RefusedKind::EscapingCapture(name) => Text::new(
            rule,
            format!("an inner function that may escape captures `{name}`, which is not a constant"),
        )
            .note("a function that is returned or passed on is compiled by itself, and has to be the same in every call")
            .help("call it here, or pass what it captures as an argument"),
        RefusedKind::EarlyCapture => {
            Text::new(rule, "an inner function cannot call itself, or read a variable that is set later")
                .help("make it a jitted function of its own, outside of this one")
        }
        RefusedKind::Missing => Text::new(rule, "something is missing here"),
        RefusedKind::Other(what) => Text::new(rule, what.to_string()),
    }
}
