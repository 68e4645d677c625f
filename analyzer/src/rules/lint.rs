//! Warnings: what Numba compiles and what then is slower or other than meant. One file per rule below this one.
//!
//! A lint reads the typed body and reports by [`Origin`]. What the types leave open is silent.

mod append_result;
mod array_in_loop;
mod array_truth;
mod column_order;
mod context;
mod dropped_keyword;
mod fastmath_nan;
mod float_in_string;
mod float_range;
mod float_sum;
mod flow;
mod index_past_end;
mod integer_overflow;
mod integer_power;
mod integer_too_large;
mod isinstance_width;
mod optional_use;
mod parallel_no_effect;
mod prange_exit;
mod prange_race;
mod prange_serial;
mod prange_variable;
mod python_in_loop;
mod ragged_list;
mod redundant_option;
mod single_call;
mod small_integer;
mod strided_matmul;
mod strided_reshape;
mod string_dtype;
mod string_keys;
mod string_work;
mod truncating_store;
mod unset_variable;
mod unsigned_subtraction;

use crate::hir::JitKind;
use crate::hir::body::Origin;
use crate::hir::source_map::Span;
use crate::infer::TypedBody;

use super::report::{Place, Text};
use super::{Diagnostic, Fix, Related};
pub(crate) use context::Cx;

/// One finding of a lint, before it has its place in the file.
pub(super) struct Finding {
    pub(super) origin: Origin,
    /// A place that no part of the body has: an option of the decorator.
    pub(super) span: Option<Span>,
    pub(super) text: Text,
    pub(super) related: Vec<(Origin, String)>,
    pub(super) fix: Option<Fix>,
}

impl Finding {
    pub(super) fn new(origin: Origin, text: Text) -> Finding {
        Finding { origin, span: None, text, related: Vec::new(), fix: None }
    }

    pub(super) fn related(mut self, origin: Origin, message: impl Into<String>) -> Finding {
        self.related.push((origin, message.into()));
        self
    }
}

type Lint = fn(&Cx<'_>, &mut Vec<Finding>);

/// Every lint. Their findings are sorted later.
static LINTS: &[Lint] = &[
    append_result::lint,
    array_in_loop::lint,
    array_truth::lint,
    column_order::lint,
    dropped_keyword::lint,
    fastmath_nan::lint,
    float_in_string::lint,
    float_range::lint,
    float_sum::lint,
    index_past_end::lint,
    integer_overflow::lint,
    integer_power::lint,
    integer_too_large::lint,
    isinstance_width::lint,
    optional_use::lint,
    parallel_no_effect::lint,
    prange_exit::lint,
    prange_race::lint,
    prange_serial::lint,
    prange_variable::lint,
    python_in_loop::lint,
    ragged_list::lint,
    redundant_option::lint,
    single_call::lint,
    small_integer::lint,
    strided_matmul::lint,
    strided_reshape::lint,
    string_dtype::lint,
    truncating_store::lint,
    string_keys::lint,
    string_work::lint,
    unset_variable::lint,
    unsigned_subtraction::lint,
];

/// The warnings about one specialization of a function.
pub(crate) fn warnings(typed: &TypedBody, kind: JitKind, place: &Place<'_>) -> Vec<Diagnostic> {
    if typed.body.blocks.is_empty() || typed.body.broken {
        return Vec::new();
    }
    let cx = Cx::new(typed, kind, place);
    let mut found = Vec::new();
    for lint in LINTS {
        lint(&cx, &mut found);
    }
    found.into_iter().map(|finding| diagnostic(finding, place)).collect()
}

fn diagnostic(finding: Finding, place: &Place<'_>) -> Diagnostic {
    let span = finding.span.unwrap_or_else(|| place.span(finding.origin));
    let related: Vec<Related> =
        finding.related.into_iter().filter_map(|(origin, message)| place.related(origin, message)).collect();
    let help = finding.text.help.or_else(|| finding.fix.as_ref().map(|fix| fix.title.clone()));
    Diagnostic {
        rule: finding.text.rule,
        start: span.start,
        end: span.end,
        message: finding.text.message,
        note: finding.text.note,
        help,
        related,
        fix: finding.fix,
        function: Some(place.function.clone()),
        specialization: None,
        types_from: None,
    }
}
