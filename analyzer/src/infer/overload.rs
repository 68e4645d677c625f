//! Choice among concrete signatures: Numba's overload resolution by the cost of the conversions.

use crate::table::{Outcome, RefusalKind};
use crate::ty::{FloatTy, IntTy, Ty};

/// How an argument is converted to a parameter's type, the cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cost {
    Exact,
    Promote,
    Safe,
    Unsafe,
}

/// One concrete signature: the parameters and the result.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) params: Vec<Ty>,
    pub(crate) ret: Ty,
}

impl Case {
    pub(crate) fn new(params: impl Into<Vec<Ty>>, ret: Ty) -> Case {
        Case {
            params: params.into(),
            ret,
        }
    }
}

/// What it costs to convert a value of type `from` to `to`; `None` where that is impossible.
pub(crate) fn cost(from: &Ty, to: &Ty) -> Option<Cost> {
    if from == to {
        return Some(Cost::Exact);
    }
    match (from, to) {
        (Ty::Literal(_), _) => cost(&from.unliteral(), to).map(|cost| cost.max(Cost::Promote)),
        (Ty::Optional(inner), _) if !matches!(to, Ty::Optional(_)) => {
            cost(inner, to).map(|cost| cost.max(Cost::Safe))
        }
        (_, Ty::Optional(inner)) => {
            if *from == Ty::None {
                return Some(Cost::Promote);
            }
            let from = if let Ty::Optional(from) = from { from } else { from };
            cost(from, inner).map(|cost| cost.max(Cost::Promote))
        }
        (Ty::EnumMember { int: true, base, .. }, _) if to.is_number() => {
            cost(base, to).map(|cost| cost.max(Cost::Safe))
        }
        _ => number_cost(from, to),
    }
}

fn number_cost(from: &Ty, to: &Ty) -> Option<Cost> {
    match (from, to) {
        (Ty::Bool, Ty::Int(_) | Ty::Float(_) | Ty::Complex(_)) => Some(Cost::Safe),
        (Ty::Int(_) | Ty::Float(_), Ty::Bool) => Some(Cost::Unsafe),
        (Ty::Int(from), Ty::Int(to)) => Some(int_cost(*from, *to)),
        (Ty::Int(from), Ty::Float(to)) => Some(int_float_cost(*from, *to)),
        (Ty::Int(from), Ty::Complex(to)) => Some(int_float_cost(*from, to.part())),
        (Ty::Float(from), Ty::Float(to)) => Some(if from.bits() < to.bits() {
            Cost::Promote
        } else {
            Cost::Unsafe
        }),
        (Ty::Float(from), Ty::Complex(to)) => Some(if from.bits() <= to.part().bits() {
            Cost::Safe
        } else {
            Cost::Unsafe
        }),
        (Ty::Float(_), Ty::Int(_)) => Some(Cost::Unsafe),
        (Ty::Complex(from), Ty::Complex(to)) => Some(if from.part().bits() < to.part().bits() {
            Cost::Promote
        } else {
            Cost::Unsafe
        }),
        _ => None,
    }
}

fn int_cost(from: IntTy, to: IntTy) -> Cost {
    match (from.signed(), to.signed()) {
        _ if from.bits() >= to.bits() => Cost::Unsafe,
        (false, true) => Cost::Safe,
        (true, false) => Cost::Unsafe,
        _ => Cost::Promote,
    }
}

/// An `int16` fits a `float32` safely, a `uint16` does not: the list of safe conversions has no entry for it.
fn int_float_cost(from: IntTy, to: FloatTy) -> Cost {
    match to {
        FloatTy::F64 => Cost::Safe,
        FloatTy::F32 if matches!(from, IntTy::I8 | IntTy::I16 | IntTy::U8) => Cost::Safe,
        _ => Cost::Unsafe,
    }
}

/// The case that needs the fewest unsafe, then safe, then promoting conversions; the first of equals.
pub(crate) fn select<'a>(cases: &'a [Case], args: &[Ty], allow_unsafe: bool) -> Option<&'a Case> {
    let mut best: Option<((u32, u32, u32), &Case)> = None;
    for case in cases.iter().filter(|case| case.params.len() == args.len()) {
        let Some(price) = price(case, args, allow_unsafe) else {
            continue;
        };
        if best.is_none_or(|(least, _)| price < least) {
            best = Some((price, case));
        }
    }
    best.map(|(_, case)| case)
}

fn price(case: &Case, args: &[Ty], allow_unsafe: bool) -> Option<(u32, u32, u32)> {
    let mut price = (0, 0, 0);
    for (arg, param) in args.iter().zip(&case.params) {
        match cost(arg, param)? {
            Cost::Exact => {}
            Cost::Promote => price.2 += 1,
            Cost::Safe => price.1 += 1,
            Cost::Unsafe if allow_unsafe => price.0 += 1,
            Cost::Unsafe => return None,
        }
    }
    Some(price)
}

/// [`select`] as a rule's answer. Arguments are taken without their literal values.
pub(crate) fn resolve(cases: &[Case], args: &[Ty], allow_unsafe: bool) -> Outcome {
    let args: Vec<Ty> = args.iter().map(Ty::unliteral).collect();
    if let Some(why) = args.iter().find_map(Ty::why) {
        return Outcome::Hole(why);
    }
    match select(cases, &args, allow_unsafe) {
        Some(case) => Outcome::signature(case.params.clone(), case.ret.clone()),
        None => Outcome::refused(RefusalKind::NoOverload(args)),
    }
}
