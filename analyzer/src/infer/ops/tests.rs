//! Operators over the types that meet them in practice.

use super::*;
use crate::table::Outcome;

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

fn binary_of(op: BinaryOp, a: &str, b: &str) -> String {
    spelled(&binary(op, &ty(a), &ty(b)))
}

fn hole() -> Ty {
    Ty::Hole(Why::UntypedArgument("x".into()))
}

#[test]
fn integers_are_computed_in_64_bits_and_unsigned_only_if_both_are() {
    assert_eq!(binary_of(BinaryOp::Add, "int8", "int8"), "int64");
    assert_eq!(binary_of(BinaryOp::Add, "uint8", "uint16"), "uint64");
    assert_eq!(binary_of(BinaryOp::Add, "uint64", "Literal[int](1)"), "int64");
}

#[test]
fn the_width_of_a_float_depends_on_the_integer_beside_it() {
    assert_eq!(binary_of(BinaryOp::Mult, "float32", "int16"), "float32");
    assert_eq!(binary_of(BinaryOp::Mult, "float32", "uint16"), "float64");
    assert_eq!(binary_of(BinaryOp::Pow, "float32", "Literal[int](2)"), "float32");
    // An artefact of the order of the signatures.
    assert_eq!(binary_of(BinaryOp::Pow, "bool", "int32"), "float32");
}

#[test]
fn a_signature_names_the_types_that_the_operands_are_cast_to() {
    let Outcome::Known(typed) = binary(BinaryOp::Add, &ty("int32"), &ty("float32")) else {
        panic!("numbers add")
    };
    assert_eq!(typed.args, Some(vec![Ty::FLOAT64, Ty::FLOAT64]));
}

#[test]
fn bit_operations_take_no_floats() {
    assert_eq!(binary_of(BinaryOp::BitAnd, "bool", "bool"), "bool");
    assert_eq!(binary_of(BinaryOp::BitAnd, "int64", "float64"), "refused");
    assert_eq!(binary_of(BinaryOp::LShift, "uint8", "int64"), "uint64");
}

#[test]
fn optional_operands_are_unwrapped() {
    assert_eq!(binary_of(BinaryOp::Add, "OptionalType(int64)", "float64"), "float64");
    assert_eq!(spelled(&truth(&ty("OptionalType(int64)"))), "refused");
    assert_eq!(spelled(&not(&ty("OptionalType(int64)"))), "bool");
}

#[test]
fn a_repeated_string_is_optional() {
    assert_eq!(binary_of(BinaryOp::Mult, "unicode_type", "int64"), "OptionalType(unicode_type)");
}

#[test]
fn in_place_operators_do_not_fall_back() {
    let of = |op, a: &str, b: &str| spelled(&inplace(op, &ty(a), &ty(b)));
    assert_eq!(of(BinaryOp::Add, "array(float32, 1d, C)", "float64"), "array(float32, 1d, C)");
    assert_eq!(of(BinaryOp::Add, "array(int64, 1d, C)", "float64"), "refused");
    assert_eq!(of(BinaryOp::Add, "float64", "array(float64, 1d, C)"), "refused");
    assert_eq!(of(BinaryOp::Add, "UniTuple(int64 x 2)", "UniTuple(int64 x 1)"), "refused");
    assert_eq!(of(BinaryOp::Add, "list(int64)<iv=None>", "list(float64)<iv=None>"), "list(int64)<iv=None>");
}

#[test]
fn unrelated_types_are_never_equal() {
    let equal = |a: &str, b: &str| spelled(&compare(CmpOp::Eq, &ty(a), &ty(b)));
    assert_eq!(equal("int64", "unicode_type"), "Literal[bool](False)");
    assert_eq!(equal("none", "none"), "Literal[bool](True)");
    assert_eq!(equal("UniTuple(int64 x 2)", "list(int64)<iv=None>"), "refused");
    assert_eq!(equal("Tuple(int64, unicode_type)", "Tuple(unicode_type, int64)"), "refused");
}

#[test]
fn complex_numbers_have_no_order_alone_or_in_arrays() {
    let less = |a: &str, b: &str| spelled(&compare(CmpOp::Lt, &ty(a), &ty(b)));
    assert_eq!(less("complex128", "float64"), "refused");
    assert_eq!(less("array(complex128, 1d, C)", "array(complex128, 1d, C)"), "refused");
    assert_eq!(less("array(float64, 1d, C)", "float64"), "array(bool, 1d, C)");
}

#[test]
fn matrix_products_are_of_inexact_arrays_of_one_type() {
    assert_eq!(
        binary_of(BinaryOp::MatMult, "array(float64, 2d, F)", "array(float64, 1d, A)"),
        "array(float64, 1d, C)"
    );
    assert_eq!(binary_of(BinaryOp::MatMult, "array(float64, 2d, C)", "array(float32, 2d, C)"), "refused");
    assert_eq!(binary_of(BinaryOp::MatMult, "array(int64, 2d, C)", "array(int64, 2d, C)"), "refused");
}

#[test]
fn months_do_not_become_days() {
    assert_eq!(binary_of(BinaryOp::Add, "datetime64[D]", "timedelta64[h]"), "datetime64[h]");
    assert_eq!(binary_of(BinaryOp::Add, "timedelta64[M]", "timedelta64[D]"), "refused");
}

#[test]
fn a_hole_leaves_open_what_it_decides() {
    assert!(matches!(binary(BinaryOp::Add, &hole(), &Ty::FLOAT64), Outcome::Hole(_)));
    assert_eq!(spelled(&compare(CmpOp::Is, &hole(), &Ty::None)), "bool");
    assert_eq!(spelled(&not(&hole())), "bool");
    let list = Ty::list(hole());
    assert!(!matches!(binary(BinaryOp::Add, &list, &Ty::list(Ty::INT64)), Outcome::Refused(_)));
    assert_eq!(spelled(&binary(BinaryOp::Add, &Ty::None, &ty("set(int64)"))), "refused");
}
