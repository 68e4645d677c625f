//! The forms that only `str(type)` writes: `array(float64, 2d, C)`, `Record(...)`, `Literal[int](3)`.

use std::sync::Arc;

use super::record::record;
use super::{MAX_LEN, Parsed, Parser, Value, array_of, default};
use crate::ty::{
    ArrayTy, BufferKind, Const, DictTy, EnumTy, IterTy, Layout, ListSource, Literal, Name, NamedTupleTy,
    SliceLiteral, Ty,
};

/// Spellings whose inside is free text, which only the end of the whole delimits.
pub(super) fn whole(text: &str) -> Option<Ty> {
    let string = text.strip_prefix("Literal[str](")?.strip_suffix(')')?;
    Some(Ty::str_literal(string))
}

/// `[unichr x 5]`, `[char x 5]`
pub(super) fn char_cells(parser: &mut Parser<'_>) -> Option<Ty> {
    let start = parser.pos;
    let unicode = parser.eat("[unichr x");
    if (unicode || parser.eat("[char x"))
        && let Ok(count) = parser.count()
        && parser.peek() == Some(b']')
    {
        parser.pos += 1;
        return Some(if unicode { Ty::UnicodeChars(count) } else { Ty::Chars(count) });
    }
    parser.pos = start;
    None
}

/// Names that stand alone.
pub(super) fn bare(path: &str) -> Option<Ty> {
    let int = |name: &str| match super::scalar(name) {
        Some(Ty::Int(int)) => Some(int),
        _ => None,
    };
    if let Some(name) = path.strip_prefix("range_state_") {
        return int(name).map(Ty::Range);
    }
    if let Some(name) = path.strip_prefix("range_iter_") {
        return int(name).map(|int| Ty::Iter(Arc::new(IterTy::Range(int))));
    }
    match path {
        "iter_unicode" => Some(Ty::Iter(Arc::new(IterTy::Str))),
        path if is_builtin_exception(path) => Some(Ty::ExceptionClass(path.into())),
        _ => None,
    }
}

/// A type by the word its spelling starts with, which is already taken; `None` if it is no such word.
pub(super) fn constructor(parser: &mut Parser<'_>, path: &str) -> Parsed<Option<Ty>> {
    let ty = match path {
        "unaligned" | "readonly" | "array" | "bytes" | "bytearray" | "memoryview" | "pyarray" => {
            return buffer(parser, path).map(Some);
        }
        "reflected" => {
            let set = parser.eat("set");
            if !set {
                parser.expect("list")?;
            }
            let elem = Arc::new(inside(parser, "(", ")")?);
            if set { Ty::Set { elem, reflected: true } } else { list(parser, elem, true)? }
        }
        "list" => {
            let elem = Arc::new(inside(parser, "(", ")")?);
            list(parser, elem, false)?
        }
        "set" => Ty::Set { elem: Arc::new(inside(parser, "(", ")")?), reflected: false },
        "ListType" => Ty::TypedList(Arc::new(inside(parser, "[", "]")?)),
        "SetType" => {
            let elem = Arc::new(inside(parser, "[", "]")?);
            parser.expect("<iv=None>")?;
            Ty::TypedSet(elem)
        }
        "DictType" => dict(parser)?,
        "LiteralStrKey" => literal_str_key_dict(parser)?,
        "LiteralList" => {
            parser.expect("((")?;
            let items = types_until(parser, ")")?;
            parser.expect(")")?;
            Ty::LiteralList(items.into())
        }
        "UniTuple" | "StarArgUniTuple" => uni_tuple(parser, path == "UniTuple")?,
        "Tuple" => {
            parser.expect("(")?;
            Ty::tuple(parser.members()?)
        }
        "StarArgTuple" => {
            parser.expect("(")?;
            Ty::StarArgs(parser.members()?.into())
        }
        "nestedarray" => {
            parser.expect("(")?;
            let elem = parser.ty()?;
            parser.expect(",")?;
            parser.expect("(")?;
            let mut lens = Vec::new();
            while !parser.eat(")") {
                lens.push(parser.count()?);
                parser.eat(",");
            }
            parser.expect(")")?;
            Ty::NestedArray(Arc::new((elem, lens)))
        }
        "Literal" => literal(parser)?,
        "OptionalType" => Ty::Optional(Arc::new(inside(parser, "(", ")")?)),
        "omitted" => {
            parser.expect("(default=")?;
            if parser.eat("array(") {
                let array = default_array(parser)?;
                parser.expect("))")?;
                return Ok(Some(array));
            }
            if let Some(tuple) = default_named_tuple(parser) {
                parser.expect(")")?;
                return Ok(Some(tuple));
            }
            if let Some(ty) = default::object(parser) {
                parser.expect(")")?;
                return Ok(Some(ty));
            }
            // No constant: such a default is refused, whatever is in it.
            if let Some(b'[' | b'{') = parser.peek() {
                parser.pos = parser.text.rfind(')').map_or(parser.text.len(), |end| end + 1);
                return Ok(Some(Ty::python_object("a list or dict by default")));
            }
            let value = parser.value()?.into_const().ok_or_else(|| parser.error("not a constant"))?;
            parser.expect(")")?;
            Ty::omitted(value)
        }
        "slice" if parser.eat("<a:b:c>") => Ty::Slice3,
        "slice" if parser.eat("<a:b>") => Ty::Slice2,
        "class" => Ty::NumberClass(Arc::new(inside(parser, "(", ")")?)),
        "dtype" => Ty::DType(Arc::new(inside(parser, "(", ")")?)),
        "typeref" => Ty::TypeRef(Arc::new(inside(parser, "[", "]")?)),
        "pair" => {
            parser.expect("<")?;
            let first = parser.ty()?;
            parser.expect(",")?;
            let second = parser.ty()?;
            parser.expect(">")?;
            Ty::Pair(Arc::new((first, second)))
        }
        "datetime64" | "timedelta64" => {
            parser.expect("[")?;
            let unit = parser.word();
            parser.pos += unit.len();
            parser.expect("]")?;
            if path == "datetime64" { Ty::DateTime(unit.into()) } else { Ty::TimeDelta(unit.into()) }
        }
        "Enum" | "IntEnum" => enumeration(parser, path == "IntEnum")?,
        "Record" => Ty::Record(Arc::new(record(parser)?)),
        _ if parser.rest().starts_with("(('") => struct_ref(parser, path)?,
        "ExternalFunctionPointer" => {
            parser.expect("(")?;
            parser.expect("(")?;
            let params = parser.members()?;
            parser.expect("->")?;
            let ret = parser.ty()?;
            parser.expect(")")?;
            Ty::ExternalFunction(Arc::new((ret, params)))
        }
        "FunctionType" => {
            parser.expect("[")?;
            let Value::Signature(signature) = parser.value()? else {
                return Err(parser.error("expected a signature"));
            };
            parser.expect("]")?;
            let ret = signature.ret.ok_or_else(|| parser.error("expected a return type"))?;
            Ty::FunctionType(Arc::new((ret, signature.args)))
        }
        "Function" => {
            parser.expect("(<class '")?;
            let name = parser.word();
            parser.pos += name.len();
            parser.expect("'>)")?;
            Ty::Function(format!("builtins.{name}").into())
        }
        "Module" => {
            parser.expect("(<module '")?;
            let name = parser.path();
            parser.expect("'>)")?;
            Ty::Module(name.into())
        }
        path if is_builtin_exception(path) && parser.eat("(...)") => Ty::Exception(path.into()),
        _ => match jitclass(parser, path)? {
            Some(ty) => ty,
            None => return iterator(parser, path),
        },
    };
    Ok(Some(ty))
}

fn inside(parser: &mut Parser<'_>, open: &str, close: &str) -> Parsed<Ty> {
    parser.expect(open)?;
    let ty = parser.ty()?;
    match parser.rest().starts_with(close) {
        true => {
            parser.pos += close.len();
            Ok(ty)
        }
        false => Err(parser.error(format!("expected `{close}`"))),
    }
}

fn types_until(parser: &mut Parser<'_>, close: &str) -> Parsed<Vec<Ty>> {
    let mut items = Vec::new();
    while !parser.eat(close) {
        items.push(parser.ty()?);
        if !parser.eat(",") {
            parser.expect(close)?;
            break;
        }
    }
    Ok(items)
}

/// `UniTuple(int64 x 2)`, `UniTuple(int64, 2)` and, of unknown length, `UniTuple(int64 x ?)`.
fn uni_tuple(parser: &mut Parser<'_>, plain: bool) -> Parsed<Ty> {
    parser.expect("(")?;
    let item = parser.ty()?;
    if parser.eat("x ?)") {
        return Ok(Ty::AnyTuple(Arc::new(item)));
    }
    if !parser.eat("x ") {
        parser.expect(",")?;
        parser.eat("count=");
    }
    let count = parser.count()?.min(MAX_LEN) as usize;
    if count == 0 {
        return Err(parser.error("a tuple without members has no type for them"));
    }
    parser.expect(")")?;
    let items = std::iter::repeat_n(item, count).collect();
    Ok(if plain { Ty::Tuple(items) } else { Ty::StarArgs(items) })
}

/// `unaligned readonly array(float64, 2d, C)` and the other classes of buffers, from the first word on.
fn buffer(parser: &mut Parser<'_>, first: &str) -> Parsed<Ty> {
    let (mut aligned, mut readonly) = (true, false);
    let mut word = first;
    loop {
        match word {
            "unaligned" => aligned = false,
            "readonly" => readonly = true,
            _ => break,
        }
        parser.skip_spaces();
        word = parser.word();
        parser.pos += word.len();
    }
    let kind = match word {
        "array" => BufferKind::Array,
        "bytes" => BufferKind::Bytes,
        "bytearray" => BufferKind::ByteArray,
        "memoryview" => BufferKind::MemoryView,
        "pyarray" => BufferKind::PyArray,
        _ => return Err(parser.error("expected a class of arrays")),
    };
    if kind == BufferKind::Array && parser.rest().starts_with(".flat(") {
        parser.pos += ".flat".len();
        let array = inside(parser, "(", ")")?;
        return Ok(Ty::Iter(Arc::new(IterTy::Flat(array))));
    }
    parser.expect("(")?;
    let elem = parser.ty()?;
    parser.expect(",")?;
    let ndim = match parser.eat("?d") {
        true => None,
        false => Some(rank(parser)?),
    };
    parser.expect(",")?;
    let layout = match parser.peek() {
        Some(b'C') => Layout::C,
        Some(b'F') => Layout::F,
        Some(b'A') => Layout::A,
        Some(b'?') => Layout::Hole,
        _ => return Err(parser.error("expected a layout: C, F or A")),
    };
    parser.pos += 1;
    parser.expect(")")?;
    if kind == BufferKind::Array {
        return Ok(array_of(elem, ndim, layout, readonly, aligned));
    }
    Ok(Ty::Array(Arc::new(ArrayTy { elem, ndim, layout, readonly, aligned, kind })))
}

fn rank(parser: &mut Parser<'_>) -> Parsed<u8> {
    let word = parser.word();
    match word.strip_suffix('d').and_then(|digits| digits.parse().ok()) {
        Some(ndim) => {
            parser.pos += word.len();
            Ok(ndim)
        }
        None => Err(parser.error("expected a number of dimensions, as in `2d`")),
    }
}

fn list(parser: &mut Parser<'_>, elem: Arc<Ty>, reflected: bool) -> Parsed<Ty> {
    if !parser.eat("<iv=") {
        return Ok(Ty::List { elem, source: ListSource::new(reflected, None) });
    }
    let iv = match parser.value()? {
        Value::Const(Const::None) => None,
        Value::List(items) => {
            let items = items.into_iter().map(Value::into_const).collect::<Option<Vec<_>>>();
            Some(items.ok_or_else(|| parser.error("an initial value is made of constants"))?)
        }
        _ => return Err(parser.error("expected an initial value")),
    };
    parser.expect(">")?;
    Ok(Ty::List { elem, source: ListSource::new(reflected, iv) })
}

fn dict(parser: &mut Parser<'_>) -> Parsed<Ty> {
    parser.expect("[")?;
    let key = parser.ty()?;
    parser.expect(",")?;
    let value = parser.ty()?;
    parser.expect("]")?;
    if !parser.eat("<iv=") || parser.eat("None>") {
        return Ok(Ty::dict(key, value));
    }
    parser.expect("{")?;
    let mut items = Vec::new();
    while !parser.eat("}") {
        let key = parser.value()?.into_const();
        parser.expect(":")?;
        let value = parser.value()?.into_const();
        let (Some(key), Some(value)) = (key, value) else {
            return Err(parser.error("an initial value is made of constants"));
        };
        items.push((key, value));
        parser.eat(",");
    }
    parser.expect(">")?;
    Ok(Ty::Dict(Arc::new(DictTy { key, value, iv: Some(items) })))
}

fn literal_str_key_dict(parser: &mut Parser<'_>) -> Parsed<Ty> {
    parser.expect("[Dict]({")?;
    let mut items = Vec::new();
    while !parser.eat("})") {
        parser.expect("Literal[str](")?;
        let end = parser.rest().find("): ").ok_or_else(|| parser.error("expected `):`"))?;
        let key = parser.rest()[..end].into();
        parser.pos += end + "): ".len();
        items.push((key, parser.ty()?));
        parser.eat(",");
    }
    Ok(Ty::LiteralStrKeyDict(items.into()))
}

fn literal(parser: &mut Parser<'_>) -> Parsed<Ty> {
    if parser.eat("[str](") {
        // The text is not quoted: it ends at the first parenthesis that something closes or separates after.
        let rest = parser.rest();
        let ends = |(at, _): &(usize, &str)| {
            matches!(
                rest.as_bytes().get(at + 1),
                None | Some(b',' | b')' | b']' | b'}' | b':' | b' ' | b';' | b'>')
            )
        };
        let (end, _) =
            rest.match_indices(')').find(ends).ok_or_else(|| parser.error("the literal is not closed"))?;
        parser.pos += end + 1;
        return Ok(Ty::str_literal(&rest[..end]));
    }
    let literal = if parser.eat("[int](") {
        match parser.number()? {
            Const::Int(value) => Literal::Int(value),
            _ => return Err(parser.error("expected an integer")),
        }
    } else if parser.eat("[bool](True") {
        Literal::Bool(true)
    } else if parser.eat("[bool](False") {
        Literal::Bool(false)
    } else {
        parser.expect("[slice](slice(")?;
        let mut part = |end: &str| {
            let part = match parser.value()? {
                Value::Const(Const::None) => None,
                Value::Const(Const::Int(value)) => {
                    Some(i64::try_from(value.get()).map_err(|_| parser.error("the slice is too large"))?)
                }
                _ => return Err(parser.error("expected an integer or `None`")),
            };
            parser.expect(end)?;
            Ok(part)
        };
        let slice = SliceLiteral { start: part(",")?, stop: part(",")?, step: part(")")? };
        Literal::Slice(Arc::new(slice))
    };
    parser.expect(")")?;
    Ok(Ty::Literal(literal))
}

/// `Enum<int64>(Shape)`, `IntEnum class<int64>(Color)`
fn enumeration(parser: &mut Parser<'_>, int: bool) -> Parsed<Ty> {
    let is_class = parser.eat("class");
    let base = inside(parser, "<", ">")?;
    parser.expect("(")?;
    let class = parser.word();
    parser.pos += class.len();
    parser.expect(")")?;
    let of = Arc::new(EnumTy { class: class.into(), base, int });
    Ok(if is_class { Ty::EnumClass(of) } else { Ty::EnumMember(of) })
}

/// The type of an array that is a default, from its `repr`: `[[1., 0.], [0., 1.]], dtype=float32`.
fn default_array(parser: &mut Parser<'_>) -> Parsed<Ty> {
    let rest = parser.rest();
    let mut open = 0usize;
    let end = rest.find(|char| {
        match char {
            '(' | '[' => open += 1,
            ')' | ']' if open > 0 => open -= 1,
            ')' => return true,
            _ => {}
        }
        false
    });
    let text = end.map(|end| &rest[..end]).ok_or_else(|| parser.error("an array is not closed"))?;
    let spelled = text.rsplit_once("dtype=").map(|(_, dtype)| dtype.trim());
    let items = text.split(", shape=").next().unwrap_or(text);
    let elem = match spelled {
        Some(dtype) => super::scalar(dtype).ok_or_else(|| parser.error("an unknown dtype"))?,
        None if items.contains(['T', 'F']) => Ty::Bool,
        None if items.contains('j') => Ty::COMPLEX128,
        None if items.contains(['.', 'n']) => Ty::FLOAT64,
        None => Ty::INT64,
    };
    // The shape is written out where an axis is empty; else the brackets tell the rank.
    let ndim = match text.split_once("shape=(") {
        Some((_, shape)) => {
            let shape = shape.split(')').next().unwrap_or_default();
            shape.split(',').filter(|axis| !axis.trim().is_empty()).count()
        }
        None => text.chars().take_while(|char| *char == '[').count(),
    };
    let ndim = u8::try_from(ndim).map_err(|_| parser.error("too many dimensions"))?;
    parser.pos += text.len();
    Ok(super::array_of(elem, Some(ndim), Layout::C, false, true))
}

/// The type of a named tuple that is a default, from its `repr`: `P(x=1, y=2.0)`.
fn default_named_tuple(parser: &mut Parser<'_>) -> Option<Ty> {
    let start = parser.pos;
    let tuple = named_tuple(parser);
    if tuple.is_none() {
        parser.pos = start;
    }
    tuple
}

fn named_tuple(parser: &mut Parser<'_>) -> Option<Ty> {
    let identifier = |parser: &mut Parser<'_>| {
        let rest = parser.rest();
        let len = rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(0);
        parser.pos += len;
        (len > 0).then(|| Name::from(&rest[..len]))
    };
    let name = identifier(parser)?;
    parser.expect("(").ok()?;
    let mut fields = Vec::new();
    while !parser.eat(")") {
        let field = identifier(parser)?;
        parser.expect("=").ok()?;
        let value = parser.value().ok()?.into_const()?;
        fields.push((field, Ty::of_const(&value).unliteral()));
        if !parser.eat(",") {
            parser.expect(")").ok()?;
            break;
        }
        parser.skip_spaces();
    }
    Some(Ty::NamedTuple(Arc::new(NamedTupleTy { name, fields })))
}

/// `numba.T(('x', int64), ('y', float64))`
fn struct_ref(parser: &mut Parser<'_>, path: &str) -> Parsed<Ty> {
    parser.expect("(")?;
    let mut fields = Vec::new();
    while !parser.eat(")") {
        parser.expect("(")?;
        let name = parser.string()?;
        parser.expect(",")?;
        fields.push((name.into(), parser.ty()?));
        parser.expect(")")?;
        parser.eat(",");
    }
    let name = path.rsplit('.').next().unwrap_or(path).into();
    Ok(Ty::StructRef(Arc::new(crate::ty::NamedTupleTy { name, fields })))
}

/// `instance.jitclass.C#7f3dc8b9c790<x:int64>`: the address is dropped.
fn jitclass(parser: &mut Parser<'_>, path: &str) -> Parsed<Option<Ty>> {
    let (instance, rest) = match path.strip_prefix("instance.") {
        Some(rest) => (true, rest),
        None => (false, path),
    };
    let Some(name) = rest.strip_prefix("jitclass.") else {
        return Ok(None);
    };
    parser.expect("#")?;
    let address = parser.word();
    parser.pos += address.len();
    parser.expect("<")?;
    let mut fields = Vec::new();
    while !parser.eat(">") {
        let field = parser.word();
        parser.pos += field.len();
        parser.expect(":")?;
        fields.push((field.into(), parser.ty()?));
        parser.eat(",");
    }
    let class = Arc::new((name.into(), fields));
    Ok(Some(if instance { Ty::JitClassInstance(class) } else { Ty::JitClass(class) }))
}

fn iterator(parser: &mut Parser<'_>, path: &str) -> Parsed<Option<Ty>> {
    let iter = match path {
        "iter" if parser.peek() == Some(b'[') => {
            let start = parser.pos - path.len();
            parser.expect("[")?;
            let list = parser.ty()?;
            parser.expect("->")?;
            parser.ty()?;
            parser.expect("]")?;
            // The iterator over a dict has the name of what it iterates over behind a comma of its own.
            if [",keys", ",values", ",items"].iter().any(|part| parser.eat(part)) {
                inside(parser, "[", "]")?;
                return Ok(Some(Ty::Opaque(parser.text[start..parser.pos].into())));
            }
            if !matches!(list, Ty::TypedList(_)) {
                return Err(parser.error("not modelled"));
            }
            IterTy::ListType(list)
        }
        "iter" => match inside(parser, "(", ")")? {
            array @ Ty::Array(_) => IterTy::Array(array),
            list @ Ty::List { .. } => IterTy::List(list),
            set @ Ty::Set { .. } => IterTy::Set(set),
            tuple @ (Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_)) => IterTy::Tuple(tuple),
            other => IterTy::Of(other),
        },
        "enumerate" => IterTy::Enumerate(inside(parser, "(", ")")?),
        "zip" => {
            parser.expect("(")?;
            IterTy::Zip(types_until(parser, ")")?.into())
        }
        "ndenumerate" => IterTy::NdEnumerate(inside(parser, "(", ")")?),
        "array.flat" => IterTy::Flat(inside(parser, "(", ")")?),
        "ndindex" => {
            parser.expect("(ndim=")?;
            let ndim = parser.count()?;
            parser.expect(")")?;
            IterTy::NdIndex(u8::try_from(ndim).map_err(|_| parser.error("too many dimensions"))?)
        }
        "nditer" => {
            // Rank and layout follow from the inputs.
            parser.expect("(ndim=")?;
            parser.count()?;
            parser.expect(", layout=")?;
            parser.pos += 1;
            parser.expect(", inputs=(")?;
            let inputs = types_until(parser, ")")?;
            parser.expect(")")?;
            IterTy::NdIter(inputs.into())
        }
        "keys" => IterTy::DictKeys(inside(parser, "[", "]")?),
        "values" => IterTy::DictValues(inside(parser, "[", "]")?),
        "items" => IterTy::DictItems(inside(parser, "[", "]")?),
        _ => return Ok(None),
    };
    Ok(Some(Ty::Iter(Arc::new(iter))))
}

fn is_builtin_exception(name: &str) -> bool {
    // Whatever the builtins call an exception ends in one of these.
    name.ends_with("Error") && name.len() > "Error".len()
        || name.ends_with("Warning")
        || matches!(
            name,
            "Exception"
                | "BaseException"
                | "StopIteration"
                | "StopAsyncIteration"
                | "KeyboardInterrupt"
                | "SystemExit"
                | "GeneratorExit"
        )
}
