//! Defaults that are no constants of the language, as Python writes them: classes, dtypes, numbers of NumPy.

use std::sync::Arc;

use super::{Parser, scalar};
use crate::ty::Ty;

/// The type of the default that the parser stands at; `None`, and nothing read, where it is none of these.
pub(super) fn object(parser: &mut Parser<'_>) -> Option<Ty> {
    let start = parser.pos;
    let ty = read(parser);
    if ty.is_none() {
        parser.pos = start;
    }
    ty
}

fn read(parser: &mut Parser<'_>) -> Option<Ty> {
    let of_number = |name: &str| scalar(name.trim_end_matches('_'));
    if let Some(name) = quoted(parser, "<class '", "'>") {
        return match name.strip_prefix("numpy.") {
            Some(number) => of_number(number).map(|ty| Ty::NumberClass(Arc::new(ty))),
            None if matches!(name, "bool" | "int" | "float" | "complex" | "str") => {
                Some(Ty::Function(format!("builtins.{name}").into()))
            }
            None => None,
        };
    }
    if let Some(name) = quoted(parser, "dtype('", "')") {
        return name.parse().ok().filter(Ty::is_number).map(|ty| Ty::DType(Arc::new(ty)));
    }
    let number = quoted(parser, "np.", "(")?;
    let ty = of_number(number)?;
    parser.value().ok()?;
    parser.expect(")").ok()?;
    Some(ty)
}

/// What stands between two marks, which are read with it.
fn quoted<'a>(parser: &mut Parser<'a>, open: &str, close: &str) -> Option<&'a str> {
    let inner = parser.rest().strip_prefix(open)?;
    let end = inner.find(close)?;
    parser.pos += open.len() + end + close.len();
    Some(&inner[..end])
}
