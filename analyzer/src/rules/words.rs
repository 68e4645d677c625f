//! Types, callees and refusals in the words of the person who wrote the code.

use crate::hir::body::RefusedKind;
use crate::table::{Refusal, RefusalKind};
use crate::ty::{Literal, Ty};

use super::report::Text;

/// A type as a user knows it: literals by their base type, holes as `?`.
pub(crate) fn ty(ty: &Ty) -> String {
    match ty {
        Ty::Hole(_) | Ty::Poison => "?".to_string(),
        Ty::Literal(Literal::Int(value)) => format!("int64 ({value})"),
        Ty::Literal(Literal::Bool(value)) => format!("bool ({})", if *value { "True" } else { "False" }),
        Ty::Literal(Literal::Str(value)) => format!("str ({value:?})"),
        Ty::Str => "str".to_string(),
        Ty::None => "None".to_string(),
        Ty::List { .. } => {
            let spelled = ty.unliteral().to_string();
            spelled.replace("<iv=None>", "").replace("undefined", "?")
        }
        other => other.unliteral().to_string().replace("<iv=None>", ""),
    }
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
        RefusalKind::UnsupportedKeyword(keyword) | RefusalKind::UnknownKeyword(keyword) => Text::new(
            &rules::UNSUPPORTED_KEYWORD,
            format!("`{name}` has no parameter `{keyword}` in nopython mode"),
        ),
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
            format!("the items of {} have different types, so this index has no single type", ty(tuple)),
        )
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
        RefusalKind::NoAttribute(attribute) => Text::new(
            &rules::UNSUPPORTED_ATTRIBUTE,
            format!(
                "{} has no attribute `{attribute}` in nopython mode",
                args.first().map_or_else(|| name.clone(), ty)
            ),
        ),
        RefusalKind::NotIterable(value) => {
            Text::new(&rules::NOT_ITERABLE, format!("{} cannot be iterated over in nopython mode", ty(value)))
        }
        RefusalKind::NotCallable(value) => {
            Text::new(&rules::UNSUPPORTED_CALL, format!("{} cannot be called", ty(value)))
        }
        RefusalKind::NeedsLiteral(param) => {
            Text::new(&rules::UNSUPPORTED_CALL, format!("`{name}` needs a constant for `{param}`"))
        }
        RefusalKind::ArgumentType { param, got } => {
            Text::new(&rules::UNSUPPORTED_CALL, format!("`{name}` does not take {} for `{param}`", ty(got)))
        }
        RefusalKind::NoOverload(given) if OPERATORS.contains(&what) => operator(what, given),
        RefusalKind::NoOverload(given) => {
            let given = if given.is_empty() { args } else { given };
            Text::new(&rules::UNSUPPORTED_CALL, format!("`{name}` has no version for ({})", types(given)))
        }
        RefusalKind::Other(sentence) => Text::new(&rules::UNSUPPORTED_CALL, sentence.to_string()),
    }
    .finish(what, args, source)
}

impl Text {
    /// Refusals that operators share with calls are about operators.
    fn finish(mut self, what: &str, args: &[Ty], source: &str) -> Text {
        let _ = source;
        if OPERATORS.contains(&what) && self.rule.code == super::UNSUPPORTED_CALL.code {
            self.rule = &super::UNSUPPORTED_OPERATOR;
        }
        if what.starts_with("[]") && self.rule.code == super::UNSUPPORTED_CALL.code {
            self.rule = &super::UNSUPPORTED_INDEX;
            if let [target, index, value] = args
                && self.message.contains("has no version")
            {
                self.message =
                    format!("an item of {} at {} cannot be set to {}", ty(target), ty(index), ty(value));
            }
        }
        self
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
        RefusedKind::Await => Text::new(rule, "asynchronous code is not supported"),
        RefusedKind::FormatSpec => Text::new(rule, "f-strings take no format specification in nopython mode"),
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
            format!("`except {name}` is not supported: only `except:` and `except Exception:` are"),
        ),
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
        RefusedKind::KwArgs(name) => Text::new(rule, format!("`**{name}` is not supported")),
        RefusedKind::KeywordSplat => Text::new(rule, "`**` in a call is not supported"),
        RefusedKind::With(name) => {
            Text::new(rule, format!("`with {name}` is not supported in nopython mode"))
        }
        RefusedKind::ObjModeWithoutTypes(name) => {
            Text::new(rule, format!("`{name}` leaves the `objmode` block and needs a type annotation"))
                .help(format!("write `with objmode({name}=\"float64\"):`"))
        }
        RefusedKind::PrintKeyword(name) => {
            Text::new(rule, format!("`print` takes no `{name}=` in nopython mode")).help("leave it out")
        }
        RefusedKind::Other(what) => Text::new(rule, what.to_string()),
    }
}
