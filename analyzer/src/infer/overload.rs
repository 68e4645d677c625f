//! Choice among concrete signatures: Numba's overload resolution by the cost of the conversions.

use std::sync::atomic::{AtomicU16, Ordering};

use crate::table::{Outcome, RefusalKind};
use crate::ty::Ty;
use crate::ty::convert::{Conversion, SCALAR_KINDS, can_convert, scalar_index};

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
        Case { params: params.into(), ret }
    }
}

/// What it costs to convert a value of type `from` to `to`; `None` where that is impossible.
pub(crate) fn cost(from: &Ty, to: &Ty) -> Option<Cost> {
    match can_convert(from, to)? {
        Conversion::Exact => Some(Cost::Exact),
        Conversion::Promote => Some(Cost::Promote),
        Conversion::Safe | Conversion::Possible => Some(Cost::Safe),
        Conversion::Unsafe => Some(Cost::Unsafe),
    }
}

/// The case that needs the fewest unsafe, then safe, then promoting conversions; the first of equals.
pub(crate) fn select<'a>(cases: &'a [Case], args: &[Ty], allow_unsafe: bool) -> Option<&'a Case> {
    let mut best: Option<((u32, u32, u32), &Case)> = None;
    for case in cases.iter().filter(|case| case.params.len() == args.len()) {
        let Some(price) = price(case, args, allow_unsafe) else {
            continue;
        };
        // Nothing beats types that are those of the signature.
        if price == (0, 0, 0) {
            return Some(case);
        }
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

/// The signatures of an operator of two numbers, with the choices made so far: few pairs of types fill most kernels.
pub(crate) struct Pairs {
    cases: Vec<Case>,
    allow_unsafe: bool,
    /// By pair of types: 0 not asked yet, 1 none, else the case's place and 2.
    chosen: [AtomicU16; SCALAR_KINDS * SCALAR_KINDS],
}

impl Pairs {
    pub(crate) fn new(cases: Vec<Case>, allow_unsafe: bool) -> Pairs {
        Pairs { cases, allow_unsafe, chosen: [const { AtomicU16::new(0) }; SCALAR_KINDS * SCALAR_KINDS] }
    }

    pub(crate) fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// [`resolve`] for two operands.
    pub(crate) fn resolve(&self, a: &Ty, b: &Ty) -> Outcome {
        let (Some(left), Some(right)) = (scalar_index(a), scalar_index(b)) else {
            return resolve(&self.cases, &[a.clone(), b.clone()], self.allow_unsafe);
        };
        let slot = &self.chosen[left * SCALAR_KINDS + right];
        let mut chosen = slot.load(Ordering::Relaxed);
        if chosen == 0 {
            let case = select(&self.cases, &[a.clone(), b.clone()], self.allow_unsafe);
            let place = case.and_then(|case| self.cases.iter().position(|other| std::ptr::eq(case, other)));
            chosen = place.and_then(|place| u16::try_from(place + 2).ok()).unwrap_or(1);
            slot.store(chosen, Ordering::Relaxed);
        }
        match self.cases.get(usize::from(chosen).wrapping_sub(2)) {
            Some(case) => Outcome::signature(case.params.clone(), case.ret.clone()),
            None => Outcome::refused(RefusalKind::NoOverload(vec![a.clone(), b.clone()])),
        }
    }
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
