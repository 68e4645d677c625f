//! Indexing: what each form of index gives, and what is refused.

use super::*;

fn ty(text: &str) -> Ty {
    text.parse().expect("the test spells a type")
}

fn spelled(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Known(typed) => typed.ret.to_string(),
        Outcome::Hole(_) => "hole".to_owned(),
        Outcome::Refused(_) => "refused".to_owned(),
    }
}

fn get(target: &str, index: &str) -> String {
    spelled(&getitem(&ty(target), &ty(index)))
}

fn set(target: &str, index: &str, value: &str) -> String {
    spelled(&setitem(&ty(target), &ty(index), &ty(value)))
}

fn hole() -> Ty {
    Ty::Hole(Why::UntypedArgument("x".into()))
}

#[test]
fn a_row_of_a_c_array_stays_contiguous_and_a_column_does_not() {
    assert_eq!(get("array(float64, 2d, C)", "int64"), "array(float64, 1d, C)");
    assert_eq!(get("array(float64, 2d, F)", "int64"), "array(float64, 1d, A)");
    assert_eq!(get("array(float64, 2d, C)", "Tuple(slice<a:b>, int64)"), "array(float64, 1d, A)");
    assert_eq!(get("array(float64, 2d, F)", "Tuple(slice<a:b>, int64)"), "array(float64, 1d, F)");
    assert_eq!(get("array(float64, 1d, C)", "slice<a:b:c>"), "array(float64, 1d, A)");
    assert_eq!(get("array(float64, 1d, C)", "UniTuple(none x 2)"), "array(float64, 3d, C)");
}

#[test]
fn an_index_array_makes_a_writable_copy() {
    assert_eq!(get("readonly array(float64, 2d, A)", "array(int64, 1d, C)"), "array(float64, 2d, C)");
    assert_eq!(get("array(float64, 2d, C)", "UniTuple(array(int64, 2d, C) x 2)"), "array(float64, 2d, C)");
}

#[test]
fn what_is_typed_and_not_compiled_is_refused() {
    assert_eq!(get("array(float64, 2d, C)", "array(bool, 2d, C)"), "refused");
    assert_eq!(get("array(float64, 1d, C)", "..."), "refused");
    assert_eq!(set("array(float64, 1d, C)", "...", "float64"), "none");
}

#[test]
fn floats_bools_and_lists_are_no_indices() {
    for index in ["float64", "bool", "list(int64)<iv=None>", "OptionalType(int64)"] {
        assert_eq!(get("array(float64, 1d, C)", index), "refused", "{index}");
    }
    assert_eq!(get("array(float64, 1d, C)", "UniTuple(int64 x 2)"), "refused");
}

#[test]
fn tuples_of_several_types_need_a_constant_index() {
    assert_eq!(get("Tuple(int64, float64)", "int64"), "refused");
    assert_eq!(get("Tuple(int64, float64)", "Literal[int](-1)"), "float64");
    assert_eq!(get("Tuple(Literal[int](1), Literal[int](2))", "int64"), "int64");
    assert_eq!(get("UniTuple(int64 x 2)", "Literal[int](5)"), "refused");
}

#[test]
fn writing_to_an_array_truncates_silently_but_keeps_ranks_apart() {
    assert_eq!(set("array(int64, 1d, C)", "int64", "float64"), "none");
    assert_eq!(set("array(float64, 1d, C)", "int64", "complex128"), "refused");
    assert_eq!(set("array(float64, 1d, C)", "int64", "array(float64, 1d, C)"), "refused");
    assert_eq!(set("array(float64, 2d, C)", "UniTuple(slice<a:b> x 2)", "list(float64)<iv=None>"), "refused");
    assert_eq!(set("readonly array(float64, 1d, C)", "int64", "float64"), "refused");
}

#[test]
fn the_first_assignment_types_a_dict() {
    let empty = ty("DictType[undefined,undefined]<iv={}>");
    let Outcome::Known(typed) = setitem(&empty, &Ty::int_literal(1), &Ty::FLOAT64) else {
        panic!("a dict is typed")
    };
    assert_eq!(typed.refine.map(|ty| ty.to_string()).as_deref(), Some("DictType[int64,float64]<iv=None>"));
    assert_eq!(set("DictType[int64,int64]<iv=None>", "int64", "float64"), "refused");
    assert_eq!(set("DictType[int64,float64]<iv=None>", "int64", "int64"), "none");
}

#[test]
fn a_hole_in_an_index_is_not_refused() {
    assert!(matches!(getitem(&ty("array(float64, 1d, C)"), &hole()), Outcome::Hole(_)));
    let index = Ty::tuple([Ty::INT64, hole()]);
    assert!(matches!(getitem(&ty("array(float64, 2d, C)"), &index), Outcome::Hole(_)));
    let index = Ty::tuple([Ty::INT64, Ty::INT64, hole()]);
    assert!(!matches!(getitem(&ty("array(float64, 2d, C)"), &index), Outcome::Refused(_)));
    assert!(matches!(setitem(&ty("array(float64, 1d, C)"), &hole(), &Ty::None), Outcome::Refused(_)));
}
