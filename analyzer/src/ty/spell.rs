//! `Display for Ty`: what `str(numba_type)` prints, to the letter; `?` where the type has a hole.
//!
//! Memory addresses, which Numba prints in the names of functions and jitclasses, are left out.

use std::fmt::{self, Display, Formatter, Write};

use super::repr::{bytes_repr, complex_repr, float_repr, str_repr};
use super::{ArrayTy, BufferKind, ComplexTy, Const, FloatTy, IntTy, IterTy, Layout, Literal, RecordTy, Ty};

impl Display for IntTy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}int{}", if self.signed() { "" } else { "u" }, self.bits())
    }
}

impl Display for FloatTy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "float{}", self.bits())
    }
}

impl Display for ComplexTy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "complex{}", self.part().bits() * 2)
    }
}

impl Display for Layout {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layout::C => "C",
            Layout::F => "F",
            Layout::A => "A",
            Layout::Hole => "?",
        })
    }
}

impl Display for Ty {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Ty::Hole(_) | Ty::Poison => f.write_char('?'),
            Ty::Undefined => f.write_str("undefined"),
            Ty::PyObject => f.write_str("pyobject"),
            Ty::None => f.write_str("none"),
            Ty::Ellipsis => f.write_str("..."),
            Ty::Bool => f.write_str("bool"),
            Ty::Int(int) => int.fmt(f),
            Ty::Float(float) => float.fmt(f),
            Ty::Complex(complex) => complex.fmt(f),
            Ty::Literal(literal) => literal.fmt(f),
            Ty::Str => f.write_str("unicode_type"),
            Ty::UnicodeChars(count) => write!(f, "[unichr x {count}]"),
            Ty::Chars(count) => write!(f, "[char x {count}]"),
            Ty::Array(array) => array.fmt(f),
            Ty::NestedArray(nested) => write!(f, "nestedarray({}, {})", nested.0, Shape(&nested.1)),
            Ty::Tuple(items) => tuple(f, "", items),
            Ty::StarArgs(items) => tuple(f, "StarArg", items),
            Ty::NamedTupleClass(class) => write!(f, "class({})", class.name),
            Ty::NamedTuple(tuple) => {
                write!(f, "{}(", last_name(&tuple.name))?;
                members(f, tuple.fields.iter().map(|(_, ty)| ty))
            }
            Ty::AnyTuple(item) => write!(f, "UniTuple({item} x ?)"),
            Ty::List { elem, source } => {
                let class = if source.is_reflected() { "reflected list" } else { "list" };
                write!(f, "{class}({elem})<iv=")?;
                match source.iv() {
                    None => f.write_str("None>"),
                    Some(items) => write!(f, "[{}]>", Separated(items, ", ")),
                }
            }
            Ty::LiteralList(items) => {
                // The name is made from Python's tuple of the members, so members print as `repr` does.
                write!(f, "LiteralList({})", ReprTuple(items))
            }
            Ty::TypedList(elem) => write!(f, "ListType[{elem}]"),
            Ty::Dict(dict) => {
                write!(f, "DictType[{},{}]<iv=", dict.key, dict.value)?;
                match &dict.iv {
                    None => f.write_str("None>"),
                    Some(items) => {
                        f.write_char('{')?;
                        for (i, (key, value)) in items.iter().enumerate() {
                            write!(f, "{}{key}: {value}", if i == 0 { "" } else { ", " })?;
                        }
                        f.write_str("}>")
                    }
                }
            }
            Ty::LiteralStrKeyDict(items) => {
                f.write_str("LiteralStrKey[Dict]({")?;
                for (i, (key, ty)) in items.iter().enumerate() {
                    write!(f, "{}Literal[str]({key}): {}", if i == 0 { "" } else { ", " }, Repr(ty))?;
                }
                f.write_str("})")
            }
            Ty::Set { elem, reflected } => {
                write!(f, "{}({elem})", if *reflected { "reflected set" } else { "set" })
            }
            Ty::TypedSet(elem) => write!(f, "SetType[{elem}]<iv=None>"),
            Ty::Optional(inner) => write!(f, "OptionalType({inner})"),
            Ty::Omitted(value) => write!(f, "omitted(default={value})"),
            Ty::Slice2 => f.write_str("slice<a:b>"),
            Ty::Slice3 => f.write_str("slice<a:b:c>"),
            Ty::Range(int) => write!(f, "range_state_{int}"),
            Ty::Iter(iter) => iter.fmt(f),
            Ty::Pair(pair) => write!(f, "pair<{}, {}>", pair.0, pair.1),
            Ty::Generator(generator) => write!(
                f,
                "{} generator(func=<function {}>, args={}, has_finalizer=True)",
                generator.yields,
                generator.kernel.qualname,
                ReprTuple(&generator.args)
            ),
            Ty::Record(record) => record.fmt(f),
            Ty::DateTime(unit) => write!(f, "datetime64[{unit}]"),
            Ty::TimeDelta(unit) => write!(f, "timedelta64[{unit}]"),
            Ty::EnumMember(of) => {
                write!(f, "{}Enum<{}>({})", if of.int { "Int" } else { "" }, of.base, last_name(&of.class))
            }
            Ty::EnumClass(of) => {
                let int = if of.int { "Int" } else { "" };
                write!(f, "{int}Enum class<{}>({})", of.base, last_name(&of.class))
            }
            Ty::NumberClass(ty) => write!(f, "class({ty})"),
            Ty::DType(ty) => write!(f, "dtype({ty})"),
            Ty::TypeRef(ty) => write!(f, "typeref[{ty}]"),
            Ty::Module(name) => write!(f, "Module(<module '{name}'>)"),
            Ty::Function(path) => function(f, path),
            Ty::Method(method) => {
                write!(f, "BoundFunction({}.{} for {})", method_owner(&method.0), method.1, method.0)
            }
            Ty::Dispatcher(kernel) => write!(f, "type(CPUDispatcher(<function {}>))", kernel.qualname),
            Ty::Closure(closure) => {
                let name = closure.function.name.replace(['<', '>'], "_");
                write!(f, "type(CPUDispatcher(<function closure.<locals>.{name}>))")
            }
            Ty::Functions(members) => write!(f, "UndefinedFunctionType[{}]", Separated(members, ", ")),
            Ty::FunctionType(signature) => {
                write!(f, "FunctionType[{}({})]", signature.0, Separated(&signature.1, ", "))
            }
            Ty::ExternalFunction(signature) => {
                let comma = if signature.1.len() == 1 { "," } else { "" };
                let params = Separated(&signature.1, ", ");
                write!(f, "ExternalFunctionPointer(({params}{comma}) -> {})", signature.0)
            }
            Ty::ExceptionClass(name) => f.write_str(last_name(name)),
            Ty::Exception(name) => write!(f, "{}(...)", last_name(name)),
            Ty::ContextManager(name) => f.write_str(name),
            Ty::JitClassInstance(class) => {
                f.write_str("instance.")?;
                jitclass(f, &class.0, &class.1)
            }
            Ty::JitClass(class) => jitclass(f, &class.0, &class.1),
            Ty::StructRef(class) => {
                write!(f, "numba.{}(", class.name)?;
                for (at, (name, ty)) in class.fields.iter().enumerate() {
                    write!(f, "{}('{name}', {})", if at == 0 { "" } else { ", " }, Repr(ty))?;
                }
                f.write_str(if class.fields.len() == 1 { ",)" } else { ")" })
            }
            Ty::StructRefClass(class) => write!(f, "Function(<class '{}'>)", class.name),
            Ty::RandomGenerator => f.write_str("NumPyRandomGeneratorType"),
            Ty::Opaque(name) => {
                f.write_str(if self.as_python_object().is_some() { "pyobject" } else { name })
            }
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Int(value) => write!(f, "Literal[int]({value})"),
            Literal::Bool(value) => write!(f, "Literal[bool]({})", python_bool(*value)),
            Literal::Str(text) => write!(f, "Literal[str]({text})"),
            Literal::Slice(slice) => {
                let [start, stop, step] = [slice.start, slice.stop, slice.step].map(OrNone);
                write!(f, "Literal[slice](slice({start}, {stop}, {step}))")
            }
        }
    }
}

impl Display for ArrayTy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // Only `Array` mentions its alignment; an unaligned `memoryview` prints as any other.
        if !self.aligned && self.kind == BufferKind::Array {
            f.write_str("unaligned ")?;
        }
        if self.readonly {
            f.write_str("readonly ")?;
        }
        let class = match self.kind {
            BufferKind::Array => "array",
            BufferKind::Bytes => "bytes",
            BufferKind::ByteArray => "bytearray",
            BufferKind::MemoryView => "memoryview",
            BufferKind::PyArray => "pyarray",
        };
        write!(f, "{class}({}, {}d, {})", self.elem, Rank(self.ndim), self.layout)
    }
}

impl Display for RecordTy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Record(")?;
        for (i, field) in self.fields.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{}[type={};offset={}", field.name, field.ty, field.offset)?;
            if let Some(title) = &field.title {
                write!(f, ";title={title}")?;
            }
            f.write_char(']')?;
        }
        write!(f, ";{};{})", self.size, python_bool(self.aligned))
    }
}

impl Display for IterTy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            IterTy::Range(int) => write!(f, "range_iter_{int}"),
            IterTy::Array(ty) | IterTy::List(ty) | IterTy::Set(ty) | IterTy::Tuple(ty) | IterTy::Of(ty) => {
                write!(f, "iter({ty})")
            }
            IterTy::ListType(list) => match list {
                Ty::TypedList(elem) => write!(f, "iter[{list}->{elem}]"),
                other => write!(f, "iter[{other}->?]"),
            },
            IterTy::Str => f.write_str("iter_unicode"),
            IterTy::Enumerate(source) => write!(f, "enumerate({source})"),
            IterTy::Zip(sources) => write!(f, "zip({})", Separated(sources, ", ")),
            IterTy::NdEnumerate(array) => write!(f, "ndenumerate({array})"),
            IterTy::NdIndex(ndim) => write!(f, "ndindex(ndim={ndim})"),
            IterTy::Flat(array) => write!(f, "array.flat({array})"),
            IterTy::NdIter(inputs) => nditer(f, inputs),
            IterTy::DictKeys(dict) => write!(f, "keys[{dict}]"),
            IterTy::DictValues(dict) => write!(f, "values[{dict}]"),
            IterTy::DictItems(dict) => write!(f, "items[{dict}]"),
            IterTy::Generator(generator) => write!(f, "{generator}"),
        }
    }
}

/// Python's `repr` of the value.
impl Display for Const {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Const::None => f.write_str("None"),
            Const::Ellipsis => f.write_str("Ellipsis"),
            Const::Bool(value) => f.write_str(python_bool(*value)),
            Const::Int(value) => write!(f, "{value}"),
            Const::Float(bits) => f.write_str(&float_repr(f64::from_bits(*bits))),
            Const::Complex(re, im) => f.write_str(&complex_repr(f64::from_bits(*re), f64::from_bits(*im))),
            Const::Str(text) => f.write_str(&str_repr(text)),
            Const::Bytes(bytes) => f.write_str(&bytes_repr(bytes)),
            Const::Tuple(items) => match &items[..] {
                [item] => write!(f, "({item},)"),
                items => write!(f, "({})", Separated(items, ", ")),
            },
        }
    }
}

/// A type as Python's `repr` prints it: differs from `str` for arrays, tuples and lists inside other names.
pub struct Repr<'a>(pub &'a Ty);

impl Display for Repr<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ty::Array(array) if array.kind == BufferKind::Array => write!(
                f,
                "Array({}, {}, '{}', {}, aligned={})",
                Repr(&array.elem),
                Rank(array.ndim),
                array.layout,
                python_bool(array.readonly),
                python_bool(array.aligned)
            ),
            Ty::NestedArray(nested) => write!(f, "NestedArray({}, {})", Repr(&nested.0), Shape(&nested.1)),
            Ty::Tuple(items) | Ty::StarArgs(items) => match all_same(items) {
                Some(item) => write!(f, "UniTuple({}, {})", Repr(item), items.len()),
                None => write!(f, "Tuple({})", ReprTuple(items)),
            },
            Ty::List { elem, source } => {
                write!(f, "List({elem}, {})", python_bool(source.is_reflected()))
            }
            Ty::Set { elem, reflected } => write!(f, "Set({elem}, {})", python_bool(*reflected)),
            Ty::TypedList(elem) => write!(f, "ListType({})", Repr(elem)),
            Ty::Dict(dict) => write!(f, "DictType({}, {})", dict.key, dict.value),
            Ty::UnicodeChars(count) => write!(f, "UnicodeCharSeq({count})"),
            Ty::Record(record) => record_repr(f, record),
            other => other.fmt(f),
        }
    }
}

fn record_repr(f: &mut Formatter<'_>, record: &RecordTy) -> fmt::Result {
    f.write_str("Record([")?;
    for (i, field) in record.fields.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let title = field.title.as_deref().unwrap_or("None");
        let (ty, offset) = (Repr(&field.ty), field.offset);
        write!(
            f,
            "{comma}('{}', {{'type': {ty}, 'offset': {offset}, 'alignment': None, 'title': {title}, }})",
            field.name
        )?;
    }
    write!(f, "], {}, {})", record.size, python_bool(record.aligned))
}

/// `(a,)`, `(a, b)`: a Python tuple of types.
struct ReprTuple<'a>(&'a [Ty]);

impl Display for ReprTuple<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('(')?;
        for (i, ty) in self.0.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { ", " }, Repr(ty))?;
        }
        f.write_str(if self.0.len() == 1 { ",)" } else { ")" })
    }
}

struct Separated<'a, T>(&'a [T], &'static str);

impl<T: Display> Display for Separated<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if i == 0 { "" } else { self.1 })?;
        }
        Ok(())
    }
}

struct Rank(Option<u8>);

impl Display for Rank {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(ndim) => ndim.fmt(f),
            None => f.write_char('?'),
        }
    }
}

struct Shape<'a>(&'a [u32]);

impl Display for Shape<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            [len] => write!(f, "({len},)"),
            lens => write!(f, "({})", Separated(lens, ", ")),
        }
    }
}

struct OrNone(Option<i64>);

impl Display for OrNone {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("None"),
        }
    }
}

/// The member of a tuple that has at least one and only equal ones: Numba calls it a `UniTuple`.
fn all_same<T: std::borrow::Borrow<Ty>>(items: &[T]) -> Option<&T> {
    let (first, rest) = items.split_first()?;
    // Functions of one name are different functions as a rule: closures that one factory made.
    if !rest.is_empty()
        && matches!(first.borrow(), Ty::Opaque(name) if name.starts_with("type(CPUDispatcher("))
    {
        return None;
    }
    rest.iter().all(|item| item.borrow() == first.borrow()).then_some(first)
}

fn tuple(f: &mut Formatter<'_>, prefix: &str, items: &[Ty]) -> fmt::Result {
    let uni = if all_same(items).is_some() { "Uni" } else { "" };
    write!(f, "{prefix}{uni}Tuple(")?;
    members(f, items.iter())
}

/// `int64 x 2)` or `int64, float64)`.
fn members<'a>(f: &mut Formatter<'_>, items: impl Iterator<Item = &'a Ty>) -> fmt::Result {
    let items: Vec<&Ty> = items.collect();
    match all_same(&items) {
        Some(first) => write!(f, "{first} x {})", items.len()),
        None => write!(f, "{})", Separated(&items, ", ")),
    }
}

fn nditer(f: &mut Formatter<'_>, inputs: &[Ty]) -> fmt::Result {
    let arrays = || inputs.iter().filter_map(Ty::as_array);
    let ndim = arrays().map(|array| array.ndim.unwrap_or(0)).max().unwrap_or(0);
    // A contiguous 1-d array votes for both orders; the majority wins, `C` if there is none.
    let votes = |order| {
        arrays()
            .filter(|array| match (array.ndim, array.layout) {
                (Some(1), Layout::C | Layout::F) => true,
                (Some(0), _) => false,
                (_, layout) => layout == order,
            })
            .count()
    };
    let layout = if votes(Layout::F) > votes(Layout::C) { "F" } else { "C" };
    write!(f, "nditer(ndim={ndim}, layout={layout}, inputs={})", ReprTuple(inputs))
}

/// A class of the builtins prints as a class, a ufunc as one; the rest as functions.
fn function(f: &mut Formatter<'_>, path: &str) -> fmt::Result {
    let name = last_name(path);
    match path.rsplit_once('.').map(|(module, _)| module) {
        Some("builtins") if is_builtin_class(name) => write!(f, "Function(<class '{name}'>)"),
        Some("builtins" | "math" | "numpy" | "_operator" | "operator" | "cmath") => {
            write!(f, "Function(<built-in function {name}>)")
        }
        _ => write!(f, "Function(<function {name}>)"),
    }
}

fn is_builtin_class(name: &str) -> bool {
    const CLASSES: [&str; 18] = [
        "bool",
        "bytearray",
        "bytes",
        "complex",
        "dict",
        "enumerate",
        "float",
        "frozenset",
        "int",
        "list",
        "memoryview",
        "object",
        "range",
        "reversed",
        "set",
        "slice",
        "str",
        "tuple",
    ];
    CLASSES.contains(&name) || matches!(name, "type" | "zip" | "map" | "filter" | "super")
}

/// What stands before the dot in `BoundFunction(list.append for ...)`.
fn method_owner(ty: &Ty) -> &'static str {
    match ty {
        Ty::List { .. } => "list",
        Ty::Set { .. } => "set",
        Ty::Dict(_) => "dict",
        Ty::Array(_) => "array",
        Ty::Complex(_) => "complex",
        _ => "method",
    }
}

fn jitclass(f: &mut Formatter<'_>, path: &str, fields: &[(super::Name, Ty)]) -> fmt::Result {
    write!(f, "jitclass.{}#<", last_name(path))?;
    for (i, (name, ty)) in fields.iter().enumerate() {
        write!(f, "{}{name}:{ty}", if i == 0 { "" } else { "," })?;
    }
    f.write_char('>')
}

/// Numba prints `__name__`, never the module.
fn last_name(path: &str) -> &str {
    path.rsplit(['.', ':']).next().unwrap_or(path)
}

fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
