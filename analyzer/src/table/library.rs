//! `heapq`, `functools` and `copy`, as far as Numba has them.

use crate::hir::body::CmpOp;
use crate::infer::ops;
use crate::ty::Ty;
use crate::ty::unify::{Unified, unify};

use super::builtins::item_of;
use super::{Args, Function, Outcome};

#[rustfmt::skip]
pub(super) static ROWS: &[Function] = &[
    Function::new("functools.reduce", "function, sequence, initial=None, /", reduce),
    Function::new("heapq.heapify", "x", heapify),
    Function::new("heapq.heappop", "heap", heappop),
    Function::new("heapq.heappush", "heap, item", heappush),
    Function::new("heapq.heappushpop", "heap, item", heapreplace),
    Function::new("heapq.heapreplace", "heap, item", heapreplace),
    Function::new("heapq.nlargest", "n, iterable", extremes),
    Function::new("heapq.nsmallest", "n, iterable", extremes),
];

/// The items of a list that is used as a heap: they must be ordered.
fn heap_item(args: &Args<'_>, heap: &str) -> Result<Ty, Outcome> {
    match args.req(heap) {
        Ty::List { elem, .. } | Ty::TypedList(elem) => match ops::compare(CmpOp::Lt, elem, elem) {
            Outcome::Refused(_) => Err(args.no_overload()),
            _ => Ok((**elem).clone()),
        },
        heap if heap.is_hole() => Err(ops::unknown(heap)),
        _ => Err(args.no_overload()),
    }
}

fn heapify(args: &Args<'_>) -> Outcome {
    heap_item(args, "x").map_or_else(|outcome| outcome, |_| Outcome::known(Ty::None))
}

fn heappop(args: &Args<'_>) -> Outcome {
    heap_item(args, "heap").map_or_else(|outcome| outcome, Outcome::known)
}

fn fits(args: &Args<'_>) -> Result<Ty, Outcome> {
    let elem = heap_item(args, "heap")?;
    let item = args.req("item").unliteral();
    if elem == item || elem.has_hole() || item.has_hole() { Ok(elem) } else { Err(args.no_overload()) }
}

fn heappush(args: &Args<'_>) -> Outcome {
    fits(args).map_or_else(|outcome| outcome, |_| Outcome::known(Ty::None))
}

fn heapreplace(args: &Args<'_>) -> Outcome {
    fits(args).map_or_else(|outcome| outcome, Outcome::known)
}

fn extremes(args: &Args<'_>) -> Outcome {
    let n = args.req("n");
    if !(n.is_integer() || n.is_hole() || *n == Ty::Bool) {
        return args.no_overload();
    }
    match item_of(args, args.req("iterable")) {
        Ok(item) => Outcome::known(Ty::list(item.unliteral())),
        Err(outcome) => outcome,
    }
}

/// The first step settles the type that all others are unified with.
fn reduce(args: &Args<'_>) -> Outcome {
    let item = match item_of(args, args.req("sequence")) {
        Ok(item) => item,
        Err(outcome) => return outcome,
    };
    let mut total = match args.get("initial") {
        None | Some(Ty::None) => item.clone(),
        Some(initial) => initial.unliteral(),
    };
    for _ in 0..3 {
        let step = match args.callees.call(args.req("function"), &[total.clone(), item.clone()]) {
            Outcome::Known(typed) => typed.ret,
            other => return other,
        };
        match unify(&total, &step) {
            Unified::Ty(joined) if joined == total => return Outcome::known(total),
            Unified::Ty(joined) => total = joined,
            Unified::Clash => return args.no_overload(),
        }
    }
    Outcome::known(total)
}
