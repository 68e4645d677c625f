//! Reads types: the spellings of `str(type)` and `repr(type)`, and the expressions that signatures are written in.
//!
//! A spelling that is not modelled becomes [`Ty::Opaque`]; text that cannot be a type at all is an error with its place.

pub(crate) mod construct;
mod default;
mod lexer;
mod record;
mod scalars;
mod spelled;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{ArrayTy, BufferKind, Const, Layout, NamedTupleTy, Ty, Why};
use crate::hir::Signature;
pub use scalars::scalar;

/// Why a text is no type, and where: a byte offset into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub message: String,
    pub at: usize,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.message, self.at + 1)
    }
}

impl std::error::Error for ParseError {}

impl FromStr for Ty {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Ty, ParseError> {
        let text = text.trim();
        if let Some(ty) = spelled::whole(text) {
            return Ok(ty);
        }
        let mut parser = Parser { text, pos: 0, depth: 0, fuel: FUEL };
        let ty = parser.ty()?;
        parser.skip_spaces();
        if parser.pos == text.len() {
            return Ok(ty);
        }
        // Something follows that no spelling has: the whole is one name, if its brackets are balanced.
        let mut parser = Parser { text, pos: 0, depth: 0, fuel: FUEL };
        parser.balanced("")?;
        match parser.pos == text.len() {
            true => Ok(Ty::Opaque(text.into())),
            false => Err(parser.error("unexpected text after the type")),
        }
    }
}

/// A signature as a decorator takes it: `"float64(float64[:], int64)"`, `"(f8[:, ::1], i4)"`.
pub fn signature(text: &str) -> Result<Signature, ParseError> {
    let mut parser = Parser { text, pos: 0, depth: 0, fuel: FUEL };
    let value = parser.value()?;
    parser.skip_spaces();
    if parser.pos != text.len() {
        return Err(parser.error("unexpected text after the signature"));
    }
    match value {
        Value::Signature(signature) => Ok(signature),
        Value::Tuple(items) => {
            let args = items.into_iter().map(Value::into_ty).collect::<Option<_>>();
            args.map(|args| Signature { args, ret: None })
                .ok_or_else(|| ParseError { message: "not every argument is a type".into(), at: 0 })
        }
        _ => Err(ParseError { message: "a signature needs its arguments in parentheses".into(), at: 0 }),
    }
}

/// The types of the arguments of one call: `"float64[:], int64"`, with or without parentheses around.
pub fn arguments(text: &str) -> Result<Vec<Ty>, ParseError> {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed == "()" {
        return Ok(Vec::new());
    }
    if trimmed.starts_with('(')
        && let Ok(Signature { args, ret: None }) = signature(trimmed)
    {
        return Ok(args);
    }
    let mut parser = Parser { text, pos: 0, depth: 0, fuel: FUEL };
    let mut args = Vec::new();
    loop {
        parser.skip_spaces();
        if parser.pos == text.len() {
            break;
        }
        let at = parser.pos;
        args.push(known(parser.ty()?, at)?);
        if !parser.eat(",") {
            break;
        }
    }
    match parser.pos == text.len() {
        true => Ok(args),
        false => Err(parser.error("unexpected text after the type")),
    }
}

/// A person's word that names no type is a mistake, not a type we do not model.
fn known(ty: Ty, at: usize) -> Result<Ty, ParseError> {
    match &ty {
        Ty::Opaque(name)
            if name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') =>
        {
            let distance = |scalar: &str| strsim::damerau_levenshtein(scalar, name);
            let near =
                scalars::SCALARS.iter().map(|(scalar, _)| *scalar).min_by_key(|scalar| distance(scalar));
            let near = near.filter(|scalar| distance(scalar) <= 2);
            let hint = near.map(|scalar| format!("; did you mean `{scalar}`?")).unwrap_or_default();
            Err(ParseError { message: format!("`{name}` is no type that Numba knows{hint}"), at })
        }
        _ => Ok(ty),
    }
}

/// What an expression inside a signature evaluates to.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Ty(Ty),
    Signature(Signature),
    Tuple(Vec<Value>),
    List(Vec<Value>),
    Const(Const),
}

impl Value {
    fn into_ty(self) -> Option<Ty> {
        match self {
            Value::Ty(ty) => Some(ty),
            Value::Const(Const::None) => Some(Ty::None),
            // A tuple of types is no type for Numba either, but a signature in an argument's place is a function.
            Value::Signature(Signature { args, ret: Some(ret) }) => {
                Some(Ty::FunctionType(Arc::new((ret, args))))
            }
            _ => None,
        }
    }

    fn into_const(self) -> Option<Const> {
        match self {
            Value::Const(value) => Some(value),
            Value::Tuple(items) => {
                Some(Const::Tuple(items.into_iter().map(Value::into_const).collect::<Option<_>>()?))
            }
            _ => None,
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    pos: usize,
    depth: u32,
    /// How many more values may be read: a bound on the work that trying several readings of one text can make.
    fuel: u32,
}

type Parsed<T> = Result<T, ParseError>;

/// The arguments of a call, by position and by name.
type CallArguments<'a> = (Vec<Value>, Vec<(&'a str, Value)>);

/// Types nest, and nobody nests them deeper than this.
const MAX_DEPTH: u32 = 64;
const FUEL: u32 = 100_000;
/// A tuple that is longer is cut: nobody compiles one.
const MAX_LEN: u32 = 1 << 12;

impl<'a> Parser<'a> {
    /// A type; what cannot be read as one is taken up to the next delimiter as an opaque name.
    fn ty(&mut self) -> Parsed<Ty> {
        self.skip_spaces();
        let start = self.pos;
        if let Ok(value) = self.value()
            && let Some(ty) = value.into_ty()
            && self.at_delimiter()
        {
            return Ok(ty);
        }
        self.pos = start;
        self.opaque()
    }

    fn opaque(&mut self) -> Parsed<Ty> {
        let text = self.balanced(" x ")?;
        match text.trim() {
            "" => Err(self.error("expected a type")),
            text => Ok(Ty::Opaque(text.into())),
        }
    }

    fn value(&mut self) -> Parsed<Value> {
        if self.depth >= MAX_DEPTH || self.fuel == 0 {
            return Err(self.error("the type is nested too deeply"));
        }
        self.depth += 1;
        self.fuel -= 1;
        let value = self.atom().and_then(|value| self.postfix(value));
        self.depth -= 1;
        value
    }

    fn atom(&mut self) -> Parsed<Value> {
        self.skip_spaces();
        match self.peek() {
            None => Err(self.error("expected a type")),
            Some(b'(') => self.parenthesized(),
            Some(b'[') => spelled::char_cells(self).map_or_else(|| self.list(), |ty| Ok(Value::Ty(ty))),
            Some(b'\'' | b'"') => self.string().map(|text| Value::Const(Const::Str(text.into()))),
            Some(b'0'..=b'9' | b'-' | b'+') => self.number().map(Value::Const),
            Some(b'.') if self.eat("...") => Ok(Value::Ty(Ty::Ellipsis)),
            Some(b'?') => {
                self.pos += 1;
                Ok(Value::Ty(Ty::Hole(Why::UnknownType("?".into()))))
            }
            Some(_) => self.named(),
        }
    }

    /// `(a, b)`, `(a,)`, `()` are tuples, `(a)` is `a`.
    fn parenthesized(&mut self) -> Parsed<Value> {
        self.expect("(")?;
        let mut items = Vec::new();
        let mut comma = true;
        while !self.eat(")") {
            if !comma {
                return Err(self.error("expected `,` or `)`"));
            }
            items.push(self.item()?);
            comma = self.eat(",");
        }
        match (items.len(), comma) {
            (1, false) => Ok(items.remove(0)),
            _ => Ok(Value::Tuple(items)),
        }
    }

    fn list(&mut self) -> Parsed<Value> {
        self.expect("[")?;
        let mut items = Vec::new();
        while !self.eat("]") {
            items.push(self.item()?);
            if !self.eat(",") {
                self.expect("]")?;
                break;
            }
        }
        Ok(Value::List(items))
    }

    /// A value among others: one that is not understood is an opaque type.
    fn item(&mut self) -> Parsed<Value> {
        self.skip_spaces();
        let start = self.pos;
        match self.value() {
            Ok(value) if self.at_delimiter() => Ok(value),
            _ => {
                self.pos = start;
                self.opaque().map(Value::Ty)
            }
        }
    }

    /// `f8[:, ::1]` after `f8`, `f8(i8, i8)` after `f8`.
    fn postfix(&mut self, mut value: Value) -> Parsed<Value> {
        loop {
            value = match value {
                Value::Ty(elem) if self.peek() == Some(b'[') => {
                    let (ndim, layout) = self.subscript()?;
                    Value::Ty(array_of(elem, Some(ndim), layout, false, true))
                }
                Value::Ty(ret) if self.peek() == Some(b'(') => match self.parenthesized()? {
                    Value::Tuple(items) => {
                        let args = items.into_iter().map(Value::into_ty).collect::<Option<Vec<_>>>();
                        let args = args.ok_or_else(|| self.error("not every argument is a type"))?;
                        Value::Signature(Signature { args, ret: Some(ret) })
                    }
                    item => {
                        let arg = item.into_ty().ok_or_else(|| self.error("the argument is not a type"))?;
                        Value::Signature(Signature { args: vec![arg], ret: Some(ret) })
                    }
                },
                value => return Ok(value),
            }
        }
    }

    /// The rank and layout that `[:, ::1]` says: a step of 1 in the last place is `C`, in the first `F`.
    fn subscript(&mut self) -> Parsed<(u8, Layout)> {
        self.expect("[")?;
        let mut steps = Vec::new();
        loop {
            self.expect(":")?;
            let mut step = false;
            if self.eat(":") && !matches!(self.peek(), Some(b',' | b']')) {
                step = self.count()? == 1;
            }
            steps.push(step);
            if self.eat("]") {
                break;
            }
            self.expect(",")?;
            if self.eat("]") {
                break;
            }
        }
        let ndim = u8::try_from(steps.len()).map_err(|_| self.error("too many dimensions"))?;
        let layout = match (steps.last(), steps.first()) {
            (Some(true), _) => Layout::C,
            (_, Some(true)) => Layout::F,
            _ => Layout::A,
        };
        Ok((ndim, layout))
    }

    fn named(&mut self) -> Parsed<Value> {
        let start = self.pos;
        let path = self.path();
        if path.is_empty() {
            return Err(self.error("expected a type"));
        }
        match path {
            "None" => return Ok(Value::Const(Const::None)),
            "True" => return Ok(Value::Const(Const::Bool(true))),
            "False" => return Ok(Value::Const(Const::Bool(false))),
            "nan" => return Ok(Value::Const(Const::float(f64::NAN))),
            "inf" => return Ok(Value::Const(Const::float(f64::INFINITY))),
            _ => {}
        }
        if let Some(ty) = scalar(path) {
            return Ok(Value::Ty(ty));
        }
        let ty = match self.peek() {
            Some(b'(' | b'[' | b'<' | b' ' | b'#') => match self.call(path)? {
                Some(ty) => Some(ty),
                None => spelled::constructor(self, path)?,
            },
            _ => None,
        };
        let ty = match ty {
            Some(ty) => ty,
            None => match spelled::bare(path) {
                Some(ty) => ty,
                None => match self.peek() {
                    Some(b'(') => self.named_tuple(path)?,
                    _ => Ty::Opaque(self.text[start..self.pos].into()),
                },
            },
        };
        Ok(Value::Ty(ty))
    }

    /// The constructors of `numba.types`, as signatures and `repr` write them.
    fn call(&mut self, path: &str) -> Parsed<Option<Ty>> {
        // `Tuple(int64, float64)` is `str`, `Tuple((int64, float64))` is `repr`; the others differ in their names.
        let rest = self.rest();
        let python = match path {
            "Tuple" | "StarArgTuple" => ["((", "([", "(types"].iter().any(|open| rest.starts_with(open)),
            "UniTuple" => false,
            _ => rest.starts_with('('),
        };
        if !python || !construct::CLASSES.contains(&path) {
            return Ok(None);
        }
        let start = self.pos;
        let Ok((args, kwargs)) = self.call_arguments() else {
            self.pos = start;
            return Ok(None);
        };
        let ty = construct::construct(path, &args, &kwargs);
        if ty.is_none() {
            self.pos = start;
        }
        Ok(ty)
    }

    fn call_arguments(&mut self) -> Parsed<CallArguments<'a>> {
        self.expect("(")?;
        let (mut args, mut kwargs) = (Vec::new(), Vec::new());
        while !self.eat(")") {
            let word = self.word();
            let after = self.rest()[word.len()..].trim_start();
            if !word.is_empty() && after.starts_with('=') {
                self.pos += word.len();
                self.expect("=")?;
                kwargs.push((word, self.value()?));
            } else {
                args.push(self.item()?);
            }
            if !self.eat(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok((args, kwargs))
    }

    /// `P(int64, float64)`, `P(int64 x 2)`: the spelling does not tell the names of the fields, so they are empty.
    fn named_tuple(&mut self, name: &str) -> Parsed<Ty> {
        const OTHERS: [&str; 12] = [
            "ArrayFlags",
            "ArrayCTypes",
            "PolynomialType",
            "BoundFunction",
            "Function",
            "type",
            "Module",
            "entry",
            "payload",
            "recursive",
            "Object",
            "jit",
        ];
        if OTHERS.contains(&name) {
            return Err(self.error("not modelled"));
        }
        self.expect("(")?;
        let items = self.members()?;
        let member = |ty: &Ty| !matches!(ty, Ty::Opaque(text) if text.contains('=') || text.starts_with(|c: char| !c.is_alphabetic()));
        if items.is_empty() || !items.iter().all(member) {
            return Err(self.error("not modelled"));
        }
        let fields = items.into_iter().map(|ty| ("".into(), ty)).collect();
        Ok(Ty::NamedTuple(Arc::new(NamedTupleTy { name: name.into(), fields })))
    }

    /// `a, b)` or `a x 2)`.
    fn members(&mut self) -> Parsed<Vec<Ty>> {
        let mut items = Vec::new();
        while !self.eat(")") {
            items.push(self.ty()?);
            if let [only] = &items[..]
                && self.eat("x ")
            {
                let count = self.count()?;
                items = vec![only.clone(); count.min(MAX_LEN) as usize];
                self.expect(")")?;
                break;
            }
            if !self.eat(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(items)
    }
}

/// An array type. One of records that are not aligned is not aligned itself.
pub(crate) fn array_of(elem: Ty, ndim: Option<u8>, layout: Layout, readonly: bool, aligned: bool) -> Ty {
    let aligned = aligned && !matches!(&elem, Ty::Record(record) if !record.aligned);
    Ty::Array(Arc::new(ArrayTy { elem, ndim, layout, readonly, aligned, kind: BufferKind::Array }))
}

#[cfg(test)]
mod tests;
