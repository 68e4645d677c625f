//! Parallel loops in the words of the person who wrote them.

use crate::infer::ReductionFault;
use crate::rules::{self, report::Text};

/// The index of a parallel loop, or a copy of it, is computed anew.
pub(in crate::rules) fn prange_index(name: &str, copy: bool) -> Text {
    let rule = &rules::PRANGE_INDEX;
    if copy {
        return Text::new(
            rule,
            format!("`{name}` starts as a copy of the index of `prange`, which cannot change"),
        )
        .note("Numba takes a copy made at the start of the loop for the index itself")
        .help(format!("make it a value of its own at the start, as in `{name} = int(i)`"));
    }
    Text::new(rule, format!("`{name}` is the index of a `prange` and cannot change in its loop"))
        .note("the threads divide the rounds among them beforehand")
        .help("use another variable for what is computed")
}

/// A variable that a parallel loop carries from round to round and that is no reduction.
pub(in crate::rules) fn reduction(name: &str, fault: ReductionFault) -> Text {
    let message = match fault {
        ReductionFault::Operation => {
            format!(
                "`{name}` is carried through `prange` by an operation that cannot be joined after the loop"
            )
        }
        ReductionFault::FloorDivision => {
            format!("`{name}` is carried through `prange` by `//`, which cannot be joined after the loop")
        }
        ReductionFault::Itself => {
            format!("`{name}` is carried through `prange` and combined with itself")
        }
        ReductionFault::OnTheRight => {
            format!("`{name}` is carried through `prange` and stands on the right of the operator")
        }
        ReductionFault::UsedOtherwise => {
            format!("`{name}` is carried through `prange` and updated in more than one step")
        }
        ReductionFault::TwoOperators => {
            format!("`{name}` is carried through `prange` by two different operators")
        }
    };
    let help = match fault {
        ReductionFault::Operation => format!(
            "for a flag write `{name} = min({name}, condition)` where all must hold, `max` where one must; else use `range`"
        ),
        ReductionFault::OnTheRight => format!("write the variable first: `{name} = {name} + value`"),
        ReductionFault::UsedOtherwise => {
            format!("compute the whole value first, then update `{name}` once: `{name} += value`")
        }
        ReductionFault::FloorDivision | ReductionFault::Itself | ReductionFault::TwoOperators => {
            "use `range`, or a variable of its own for each operator".to_string()
        }
    };
    Text::new(&rules::PRANGE_REDUCTION, message)
        .note("each thread has its own copy, joined after the loop by one of `+=`, `-=`, `*=`, `/=`, `max(..)` and `min(..)`")
        .help(help)
}
