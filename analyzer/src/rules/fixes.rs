//! Edits that repair a finding.
//!
//! An edit is [`Applicability::Safe`] where the repaired code certainly does what the code meant.

mod array;
mod decorator;
mod expression;
mod function;
mod parallel;
mod statement;

pub(super) use array::{named_dtype, narrow, print_parts, wide_sum};
pub(super) use parallel::{reduce_branch, reduce_item, without_assert};

pub(super) use decorator::{fastmath_flags, is_njit, option, parallel, without_option};
pub(super) use expression::{
    contiguous, float_base, float_to_int, floor_division, serial_range, signed, wrap_truth,
};
pub(super) use statement::drop_assignment;

use crate::hir::body::{Origin, RefusedKind};
use crate::hir::source_map::{Span, Syntax};
use crate::infer::{Problem, ProblemKind, Untyped};
use crate::table::{Refusal, RefusalKind};
use crate::ty::{Name, Ty};

use super::report::{Kernels, Place};
use super::{Applicability, Edit, Fix};

/// The edit that repairs a problem, where there is one.
pub(super) fn of_problem(
    problem: &Problem,
    place: &Place<'_>,
    kernels: &dyn Kernels,
    span: Span,
) -> Option<Fix> {
    match &problem.kind {
        ProblemKind::Refused { what, refusal, args } => {
            refused(what, refusal, args, place, span, problem.origin)
        }
        ProblemKind::Syntax(kind) => syntax(kind, place, span),
        ProblemKind::UndecoratedCallee(kernel) => {
            let (path, name) = kernels.definition(kernel)?;
            if path == place.path { decorator::decorate(place, name) } else { None }
        }
        ProblemKind::UntypedGlobal { name, what: Untyped::List } => statement::global_tuple(place, name),
        ProblemKind::UntypedGlobal { what: Untyped::Dict | Untyped::Class, .. } => {
            function::own_global(place, span)
        }
        ProblemKind::UnknownOption(name) => decorator::rename_option(place, name),
        ProblemKind::CannotUnify { inputs, .. } => function::one_dtype(place, inputs),
        ProblemKind::Imprecise { ty, .. } if only_imprecise(place) => array::typed_empty(place, span, ty),
        ProblemKind::ArgumentType { index, ty } => {
            let what = ty.as_python_object()?;
            if let Some(class) =
                what.strip_prefix("an object of class `").and_then(|rest| rest.strip_suffix('`'))
            {
                return function::named_tuple(place, class);
            }
            let param = place.typed?.body.params.get(*index as usize)?;
            if what == "a list by default" { function::tuple_default(place, &param.name) } else { None }
        }
        ProblemKind::NoConversion { from, to } => function::return_type(place, from, to),
        ProblemKind::Lowering { what } if what.starts_with("`prange` counts") => floor_division(place, span),
        ProblemKind::Lowering { what } if what.starts_with("`prange` steps") => {
            parallel::unit_step(place, span)
        }
        _ => None,
    }
}

/// Whether nothing but empty containers is wrong: else another problem may be why they stay empty.
fn only_imprecise(place: &Place<'_>) -> bool {
    place.typed.is_some_and(|typed| {
        typed.problems.iter().all(|problem| matches!(problem.kind, ProblemKind::Imprecise { .. }))
    })
}

fn refused(
    what: &str,
    refusal: &Refusal,
    args: &[Ty],
    place: &Place<'_>,
    span: Span,
    origin: Origin,
) -> Option<Fix> {
    let syntax = place.syntax(origin);
    // A problem may stand on one argument; most edits look at the whole call.
    let call = expression::call_around(place, span).unwrap_or(span);
    let array = |index: usize| matches!(args.get(index), Some(Ty::Array(_)));
    match &refusal.kind {
        RefusalKind::ListAsShape if syntax == Some(Syntax::ListDisplay) => {
            expression::list_to_tuple(place.source(span), span, "write the shape as a tuple")
        }
        RefusalKind::ListOfArrays if syntax == Some(Syntax::ListDisplay) => {
            expression::list_to_tuple(place.source(span), span, "write the arrays as a tuple")
        }
        RefusalKind::PythonDtype(python) => expression::python_dtype(place, span, python),
        RefusalKind::FloatAsShape(_) => floor_division(place, span),
        RefusalKind::NotIterable(Ty::Tuple(_)) => expression::unroll(place, span),
        RefusalKind::UnsupportedKeyword(keyword) | RefusalKind::UnknownKeyword(keyword) => {
            let by_rows = || array::by_rows(place, call, what, args, origin).filter(|_| &**keyword == "axis");
            let kept = || array::keep_dimensions(place, call, what).filter(|_| &**keyword == "keepdims");
            expression::keyword(place, call, what, keyword).or_else(by_rows).or_else(kept)
        }
        RefusalKind::NoAttribute(name) => expression::attribute(place, span, args.first()?, name)
            .or_else(|| function::unshadow_module(place, span)),
        RefusalKind::NotCallable(_) => function::unshadow_builtin(place, span),
        RefusalKind::UnsafeCast { .. } => array::new_array(place, span),
        RefusalKind::ArgumentType { param, got: Ty::Array(_) }
            if what == "numpy.array" && &**param == "object" =>
        {
            expression::copied_array(place, call)
        }
        RefusalKind::ArgumentType { param, got } if &**param == "shape" && !matches!(got, Ty::Array(_)) => {
            array::optional_size(place, call, got)
        }
        RefusalKind::IndexType(Ty::List { .. }) => expression::list_index(place, span),
        RefusalKind::IndexType(Ty::Float(_)) => {
            let divided = place.typed.and_then(|typed| super::report::divided_index(typed, origin));
            floor_division(place, divided.map_or(span, |origin| place.span(origin)))
        }
        _ if what == "@" && args.iter().all(integer_matrix) => expression::float_operands(place, span),
        _ if matches!(what, "@" | "numpy.dot" | "numpy.vdot") => array::product_dtype(place, call, args),
        _ if what == "[] =" && array(1) => array::masked_store(place, span, args),
        _ if what == "[] =" => array::record_fields(place, span, args),
        _ if what == "[]" && matches!(args, [Ty::Record(_), Ty::Str]) => array::unrolled_fields(place, span),
        _ if what.starts_with("numpy.linalg.") && array(0) => expression::float_argument(place, call),
        _ if what.starts_with("math.") && array(0) => expression::numpy_for_math(place, call),
        _ if what.starts_with("numpy.") && matches!(args.first(), Some(Ty::List { .. })) => {
            expression::list_argument(place, call, what, &args[0])
        }
        _ if what == "numba.typed.List.empty_list" => expression::item_type(place, call),
        _ if matches!(what, "numpy.zeros" | "numpy.ones" | "numpy.empty")
            && args.get(1).is_some_and(Ty::is_integer) =>
        {
            expression::two_sizes(place, span)
        }
        _ if what == "in" && array(1) => expression::membership(place, span),
        _ if what == "%" => expression::percent_format(place, span),
        _ if what == "==" && place.source(span).trim_start().starts_with("type(") => {
            expression::type_test(place, span)
        }
        _ => None,
    }
}

fn integer_matrix(ty: &Ty) -> bool {
    matches!(ty, Ty::Array(array) if array.elem.is_integer() && array.ndim.is_some_and(|ndim| ndim <= 2))
}

fn syntax(kind: &RefusedKind, place: &Place<'_>, span: Span) -> Option<Fix> {
    match kind {
        RefusedKind::Import(_) => statement::hoist_import(place, span),
        RefusedKind::GeneratorExpression => expression::generator_to_list(place, span),
        RefusedKind::SetComprehension => expression::set_of_list(place, span),
        RefusedKind::ExceptClass(_) => statement::except_exception(place, span),
        RefusedKind::ExceptAs(name) => statement::except_without_name(place, span, name),
        RefusedKind::DeleteVariable(_) => statement::remove(place, span),
        RefusedKind::YieldFrom => statement::yield_loop(place, span),
        RefusedKind::RaiseFrom => statement::raise_without_cause(place, span),
        RefusedKind::FormatSpec | RefusedKind::FormatConversion => {
            expression::plain_interpolation(place, span)
        }
        RefusedKind::PrintKeyword(name) => expression::drop_keyword(place, span, name, Applicability::Safe),
        RefusedKind::PercentFormat => expression::percent_format(place, span),
        RefusedKind::EarlyCapture | RefusedKind::EscapingCapture(_) => {
            statement::inner_decorator(place, span)
        }
        _ => None,
    }
}

/// A suggestion to replace one span.
fn replace(
    title: impl Into<String>,
    applicability: Applicability,
    span: Span,
    text: impl Into<String>,
) -> Fix {
    Fix {
        title: title.into(),
        applicability,
        edits: vec![Edit { start: span.start, end: span.end, text: text.into() }],
    }
}

/// The name that a file has for NumPy.
fn numpy(place: &Place<'_>) -> Option<Name> {
    place.around.imported_as("numpy")
}
