//! Calls of NumPy's functions as a reader would ask about them: path, types, answer.

use crate::ty::{Ty, Why};

use super::args::NoCallees;
use super::{Args, Outcome, RefusalKind, find};

fn outcome(path: &str, args: &[Ty]) -> Outcome {
    let row = find(path).expect("the row exists");
    match Args::bind(row.path, row.cached_params(), None, args, &[], &NoCallees) {
        Ok(args) => (row.rule)(&args),
        Err(refusal) => Outcome::Refused(refusal),
    }
}

/// The result's spelling; `?` in an argument is a hole.
fn answer(path: &str, args: &[&str]) -> String {
    let args: Vec<Ty> = args.iter().map(|text| parse(text)).collect();
    match outcome(path, &args) {
        Outcome::Known(typed) => typed.ret.to_string(),
        Outcome::Hole(_) => "?".to_owned(),
        Outcome::Refused(_) => "refused".to_owned(),
    }
}

fn parse(text: &str) -> Ty {
    match text {
        "?" => hole(),
        "(?, ?)" => Ty::tuple([hole(), hole()]),
        "[?]" => Ty::list(hole()),
        text => text.parse().expect("a type"),
    }
}

fn hole() -> Ty {
    Ty::Hole(Why::UntypedArgument("x".into()))
}

#[test]
fn a_shape_of_untyped_sizes_has_a_rank() {
    assert_eq!(answer("numpy.zeros", &["(?, ?)"]), "array(float64, 2d, C)");
    assert_eq!(answer("numpy.zeros", &["Tuple(int64, int32)", "class(float32)"]), "array(float32, 2d, C)");
}

#[test]
fn a_list_is_no_shape_whatever_its_items_are() {
    let Outcome::Refused(refusal) = outcome("numpy.empty", &[parse("[?]")]) else { panic!("refused") };
    assert_eq!(refusal.kind, RefusalKind::ListAsShape);
}

#[test]
fn a_python_type_is_a_dtype_for_some_functions_only() {
    let int = Ty::Function("builtins.int".into());
    let float = Ty::Function("builtins.float".into());
    assert_eq!(outcome("numpy.zeros", &[Ty::INT64, float]).ty().map(Ty::to_string).as_deref(), {
        Some("array(float64, 1d, C)")
    });
    let Outcome::Refused(refusal) = outcome("numpy.zeros", &[Ty::INT64, int.clone()]) else {
        panic!("refused")
    };
    assert_eq!(refusal.kind, RefusalKind::PythonDtype("int".into()));
    // Numba reads this dtype as no dtype at all.
    assert_eq!(
        outcome("numpy.full", &[Ty::INT64, Ty::INT64, int]).ty().map(Ty::to_string).as_deref(),
        Some("array(float64, 1d, C)")
    );
}

#[test]
fn sums_widen_and_means_are_floats() {
    assert_eq!(answer("numpy.sum", &["array(int32, 2d, F)"]), "int64");
    assert_eq!(answer("numpy.sum", &["array(float32, 2d, C)", "int64"]), "array(float32, 1d, C)");
    assert_eq!(answer("numpy.mean", &["array(uint8, 1d, A)"]), "float64");
    assert_eq!(answer("numpy.std", &["array(float32, 1d, C)"]), "float64");
}

#[test]
fn an_untyped_axis_leaves_the_rank_open_except_for_vectors() {
    assert_eq!(answer("numpy.sum", &["array(float64, 1d, C)", "?"]), "float64");
    assert_eq!(answer("numpy.sum", &["array(float64, 2d, C)", "?"]), "?");
}

#[test]
fn only_a_tuple_of_arrays_is_joined() {
    assert_eq!(
        answer("numpy.concatenate", &["Tuple(array(int64, 1d, C), array(float64, 1d, C))"]),
        "array(float64, 1d, C)"
    );
    assert_eq!(answer("numpy.vstack", &["UniTuple(array(float64, 2d, F) x 2)"]), "array(float64, 2d, F)");
    let Outcome::Refused(refusal) =
        outcome("numpy.concatenate", &[parse("list(array(float64, 1d, C))<iv=None>")])
    else {
        panic!("refused")
    };
    assert_eq!(refusal.kind, RefusalKind::ListOfArrays);
}

#[test]
fn scalars_may_be_cast_to_the_best_signature() {
    assert_eq!(answer("math.sqrt", &["int32"]), "float64");
    assert_eq!(answer("math.sqrt", &["float32"]), "float32");
    assert_eq!(answer("math.floor", &["uint8"]), "uint64");
    assert_eq!(answer("math.sin", &["array(float64, 1d, C)"]), "refused");
    assert_eq!(answer("math.isnan", &["?"]), "bool");
}

#[test]
fn a_size_needs_all_parameters_before_it() {
    assert_eq!(answer("numpy.random.normal", &["float64", "float64", "int64"]), "array(float64, 1d, C)");
    let row = find("numpy.random.normal").expect("the row exists");
    let size = [("size".into(), Ty::INT64)];
    let args = Args::bind(row.path, row.cached_params(), None, &[], &size, &NoCallees).expect("it binds");
    assert!(matches!((row.rule)(&args), Outcome::Refused(_)));
}

#[test]
fn what_a_hole_may_be_is_not_refused() {
    for path in
        ["numpy.where", "numpy.argsort", "numpy.linalg.inv", "numpy.median", "numpy.nonzero", "numpy.unique"]
    {
        assert_ne!(answer(path, &["?"]), "refused", "{path}");
    }
}
