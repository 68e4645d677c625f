//! Choice among concrete signatures: Numba's overload resolution by the cost of the conversions.

use crate::table::{Outcome, RefusalKind};
use crate::ty::Ty;
use crate::ty::convert::{Conversion, can_convert};

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
