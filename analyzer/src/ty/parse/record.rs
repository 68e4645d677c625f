//! Records, in both spellings.

use super::{Parsed, Parser};
use crate::ty::{RecordField, RecordTy};

/// `Record(x[type=float64;offset=0],...;16;False)`, or `repr`'s `Record([('x', {'type': float64, ...}), ...], 16, False)`.
pub(super) fn record(parser: &mut Parser<'_>) -> Parsed<RecordTy> {
    if parser.eat("([") {
        return record_repr(parser);
    }
    parser.expect("(")?;
    let mut fields = Vec::new();
    while parser.peek() != Some(b';') {
        let rest = parser.rest();
        let end = rest.find("[type=").ok_or_else(|| parser.error("expected a field"))?;
        parser.pos += end + "[type=".len();
        let ty = parser.ty()?;
        parser.expect(";offset=")?;
        let offset = parser.count()?;
        let title = match parser.eat(";title=") {
            true => Some(title(parser)?.into()),
            false => None,
        };
        parser.expect("]")?;
        fields.push(RecordField { name: rest[..end].into(), ty, offset, title });
        parser.eat(",");
    }
    parser.expect(";")?;
    let size = parser.count()?;
    parser.expect(";")?;
    let aligned = flag(parser)?;
    parser.expect(")")?;
    Ok(RecordTy { fields, size, aligned })
}

pub(super) fn record_repr(parser: &mut Parser<'_>) -> Parsed<RecordTy> {
    let mut fields = Vec::new();
    while !parser.eat("]") {
        parser.expect("(")?;
        let name = parser.string()?.into();
        parser.expect(",")?;
        parser.expect("{'type':")?;
        let ty = parser.ty()?;
        parser.expect(", 'offset':")?;
        let offset = parser.count()?;
        parser.expect(", 'alignment': None, 'title':")?;
        let end = parser.rest().find(", })").ok_or_else(|| parser.error("expected a title"))?;
        let title = Some(&parser.rest()[..end]).filter(|title| *title != "None").map(Into::into);
        parser.pos += end + ", })".len();
        fields.push(RecordField { name, ty, offset, title });
        parser.eat(",");
    }
    parser.expect(",")?;
    let size = parser.count()?;
    parser.expect(",")?;
    let aligned = flag(parser)?;
    parser.expect(")")?;
    Ok(RecordTy { fields, size, aligned })
}

/// The title of a field: any text up to the bracket that closes the field.
pub(super) fn title<'a>(parser: &mut Parser<'a>) -> Parsed<&'a str> {
    let rest = parser.rest();
    let mut open = 0usize;
    for (at, char) in rest.char_indices() {
        match char {
            '[' => open += 1,
            ']' if open == 0 => {
                parser.pos += at;
                return Ok(&rest[..at]);
            }
            ']' => open -= 1,
            _ => {}
        }
    }
    Err(parser.error("a field is not closed"))
}

pub(super) fn flag(parser: &mut Parser<'_>) -> Parsed<bool> {
    if parser.eat("True") {
        return Ok(true);
    }
    parser.expect("False").map(|()| false)
}
