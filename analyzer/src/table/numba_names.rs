//! Functions of the `numba` package itself.

use std::sync::Arc;

use crate::ty::convert::can_convert;
use crate::ty::{IntTy, IterTy, Layout, Literal, Ty, Why};

use super::builtins::prange;
use super::operand::{DtypeArg, Shape, dtype_of, shape};
use super::{Args, Function, Op, Outcome, RefusalKind};

#[rustfmt::skip]
pub(super) static ROWS: &[Function] = &[
    Function::new("numba.carray", "ptr, shape, dtype=None", carray),
    Function::new("numba.cpython.unsafe.tuple.tuple_setitem", "tup, idx, val", tuple_setitem),
    Function::new("numba.farray", "ptr, shape, dtype=None", farray),
    Function::new("numba.gdb", "*args", none),
    Function::new("numba.gdb_breakpoint", "", none),
    Function::new("numba.gdb_init", "*args", none),
    Function::new("numba.get_num_threads", "", count),
    Function::new("numba.get_parallel_chunksize", "", chunk),
    Function::new("numba.get_thread_id", "", id),
    Function::new("numba.literal_unroll", "container", literal_unroll),
    Function::new("numba.literally", "obj", literally),
    Function::new("numba.np.unsafe.ndarray.to_fixed_tuple", "arr, length", to_fixed_tuple),
    Function::new("numba.pndindex", "*shape", pndindex),
    Function::new("numba.prange", "start, stop=None, step=None, /", prange).op(Op::Prange),
    Function::new("numba.set_num_threads", "n", set_count),
    Function::new("numba.set_parallel_chunksize", "n", set_chunk),
];

fn none(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::None)
}

/// The tuple with another item in one place; its type stays.
fn tuple_setitem(args: &Args<'_>) -> Outcome {
    let (tuple, index, value) = (args.req("tup"), args.req("idx"), args.req("val"));
    let Some(items) = tuple.tuple_items() else {
        return match tuple.has_hole() {
            true => Outcome::Hole(Why::NotModelled("a tuple of unknown length")),
            false => args.no_overload(),
        };
    };
    let takes =
        |item: &Ty| value.has_hole() || item.has_hole() || can_convert(value, &item.unliteral()).is_some();
    let same = items.windows(2).all(|pair| pair[0].unliteral() == pair[1].unliteral());
    if !index.is_hole() && !index.is_integer() || !same || !items.iter().all(takes) {
        return args.no_overload();
    }
    Outcome::known(tuple.unliteral())
}

/// So many items of a vector as a tuple.
fn to_fixed_tuple(args: &Args<'_>) -> Outcome {
    match (args.req("arr"), args.req("length")) {
        (Ty::Array(array), Ty::Literal(Literal::Int(length))) if array.ndim == Some(1) => {
            match usize::try_from(length.get()) {
                Ok(length) => Outcome::known(Ty::uni_tuple(array.elem.clone(), length)),
                Err(_) => args.no_overload(),
            }
        }
        (array, length) if array.has_hole() || length.is_hole() => {
            Outcome::Hole(Why::NotModelled("a tuple of unknown length"))
        }
        _ => args.no_overload(),
    }
}

fn count(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::Int(IntTy::I32))
}

fn id(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::INT64)
}

fn chunk(_: &Args<'_>) -> Outcome {
    Outcome::known(Ty::Int(IntTy::U32))
}

fn set_count(args: &Args<'_>) -> Outcome {
    match args.req("n") {
        n if n.is_integer() || n.is_hole() => Outcome::known(Ty::None),
        _ => args.no_overload(),
    }
}

fn set_chunk(args: &Args<'_>) -> Outcome {
    match args.req("n") {
        n if n.is_integer() || n.is_hole() => Outcome::known(Ty::Int(IntTy::U32)),
        _ => args.no_overload(),
    }
}

/// Unrolling happens before typing; what is left is the container itself, if its items are of one type.
fn literal_unroll(args: &Args<'_>) -> Outcome {
    if args
        .req("container")
        .unliteral()
        .tuple_items()
        .is_some_and(|items| items.iter().any(|item| *item != items[0]))
    {
        return Outcome::Hole(Why::NotModelled("an unrolled loop over this tuple"));
    }
    Outcome::known(args.req("container").clone())
}

/// An argument that is no constant makes the caller compile again for its value.
fn literally(args: &Args<'_>) -> Outcome {
    match args.req("obj") {
        obj @ Ty::Literal(_) => Outcome::known(obj.clone()),
        obj @ Ty::List { .. } => Outcome::known(obj.unliteral()),
        obj if obj.is_hole() => super::builtins::hole(obj),
        _ => args.refuse("obj", RefusalKind::NeedsLiteral("obj".into())),
    }
}

fn carray(args: &Args<'_>) -> Outcome {
    pointed(args, Layout::C)
}

fn farray(args: &Args<'_>) -> Outcome {
    pointed(args, Layout::F)
}

/// An array over memory that a pointer leads to.
fn pointed(args: &Args<'_>, layout: Layout) -> Outcome {
    match args.req("ptr") {
        ptr if ptr.is_hole() || matches!(ptr, Ty::Opaque(_)) => {}
        _ => return args.no_overload(),
    }
    let ndim = match shape(args.req("shape")) {
        Shape::Rank(ndim) => Some(ndim),
        Shape::Hole => None,
        _ => return args.no_overload(),
    };
    let elem = match args.get("dtype").map(dtype_of) {
        Some(DtypeArg::Known(ty)) => ty,
        _ => Ty::Hole(crate::ty::Why::NotModelled("what a pointer points to")),
    };
    Outcome::known(super::operand::array(elem, ndim, layout))
}

fn pndindex(args: &Args<'_>) -> Outcome {
    let iter = |ndim: usize| match u8::try_from(ndim) {
        Ok(ndim) => Outcome::known(Ty::Iter(Arc::new(IterTy::NdIndex(ndim)))),
        Err(_) => args.no_overload(),
    };
    match args.rest.as_slice() {
        [one] if one.is_hole() => super::builtins::hole(one),
        [Ty::Tuple(items) | Ty::StarArgs(items)] if items.iter().all(Ty::is_integer) => iter(items.len()),
        many if many.iter().all(|ty| super::builtins::unwrapped(ty).is_integer() || ty.is_hole()) => {
            iter(many.len())
        }
        [Ty::Literal(Literal::Int(_))] => iter(1),
        _ => args.no_overload(),
    }
}
