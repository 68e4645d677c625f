//! Methods of numbers, tuples and slices.

use crate::ty::{Literal, Ty};

use super::list::comparable;
use super::operand::{DtypeArg, dtype_of};
use super::{Args, Function, Op, Outcome, RefusalKind};

#[rustfmt::skip]
pub(super) static ROWS: &[Function] = &[
    Function::new("number.conjugate", "", same).op(Op::Conj),
    Function::new("number.item", "", same),
    Function::new("number.view", "viewty", view),
    Function::new("slice.indices", "length, /", indices),
    Function::new("tuple.index", "value", index),
];

/// The receiver, which may be an optional number.
fn number(args: &Args<'_>) -> Ty {
    match args.recv() {
        Ty::Optional(inner) => (**inner).clone(),
        recv => recv.clone(),
    }
}

fn same(args: &Args<'_>) -> Outcome {
    Outcome::known(number(args))
}

/// Reads the bits as another type of the same width.
fn view(args: &Args<'_>) -> Outcome {
    let bits = |ty: &Ty| match ty {
        Ty::Int(int) => Some(int.bits()),
        Ty::Float(float) => Some(float.bits()),
        _ => None,
    };
    match dtype_of(args.req("viewty")) {
        DtypeArg::Known(ty) if bits(&ty).is_some() && bits(&ty) == bits(&number(args).unliteral()) => {
            Outcome::known(ty)
        }
        DtypeArg::Hole => super::builtins::hole(args.req("viewty")),
        _ => args.no_overload(),
    }
}

fn indices(args: &Args<'_>) -> Outcome {
    match args.req("length") {
        length if length.is_integer() || length.is_hole() => Outcome::known(Ty::uni_tuple(Ty::INT64, 3)),
        _ => args.no_overload(),
    }
}

fn index(args: &Args<'_>) -> Outcome {
    let Some(items) = args.recv().tuple_items() else { return args.no_overload() };
    let value = args.req("value");
    if matches!(value, Ty::Literal(Literal::Slice(..))) {
        return args.refuse("value", RefusalKind::ArgumentType { param: "value".into(), got: value.clone() });
    }
    let Some((first, rest)) = items.split_first() else { return args.no_overload() };
    if rest.iter().any(|item| item.unliteral() != first.unliteral() && !item.has_hole() && !first.has_hole())
    {
        return args.no_overload();
    }
    if let Err(refused) = comparable(args, first, value) {
        return refused;
    }
    Outcome::known(Ty::INT64)
}
