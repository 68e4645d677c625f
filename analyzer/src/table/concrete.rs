//! Functions that Numba types by a list of concrete signatures: it casts the arguments to the best of them.

use crate::ty::Ty;
use crate::ty::convert;

use super::{Args, Outcome, RefusalKind};

/// One signature: what the arguments are cast to, and the result.
pub struct Case<'a> {
    pub args: &'a [Ty],
    pub ret: Ty,
}

/// Chooses among the signatures. Where holes leave several open, the result is what they agree on.
pub fn choose(args: &Args<'_>, cases: &[Case<'_>]) -> Outcome {
    let given = args.given();
    let candidates: Vec<&[Ty]> =
        cases.iter().map(|case| if case.args.len() == given.len() { case.args } else { &[] }).collect();
    let fitting: Vec<usize> =
        (0..cases.len()).filter(|index| candidates[*index].len() == given.len()).collect();
    let lists: Vec<&[Ty]> = fitting.iter().map(|index| candidates[*index]).collect();
    let open: Vec<&Case<'_>> =
        convert::selectable(&given, &lists, true).into_iter().map(|index| &cases[fitting[index]]).collect();
    match open.as_slice() {
        [] => Outcome::refused(RefusalKind::NoOverload(given)),
        [case] => Outcome::signature(case.args.to_vec(), case.ret.clone()),
        [first, rest @ ..] if rest.iter().all(|case| case.ret == first.ret) => {
            Outcome::known(first.ret.clone())
        }
        _ => args.no_overload(),
    }
}
