//! The functions of the `operator` module: the operators under another name.

use crate::hir::body::{BinaryOp, CmpOp, UnaryOp};
use crate::infer::{index, ops};
use crate::ty::Ty;

use super::{Args, Function, Outcome};

macro_rules! rows {
    ($($path:literal, $params:literal => |$args:ident| $rule:expr;)*) => {
        &[$(Function::new($path, $params, {
            fn rule($args: &Args<'_>) -> Outcome {
                $rule
            }
            rule
        })),*]
    };
}

fn binary(args: &Args<'_>, op: BinaryOp) -> Outcome {
    ops::binary(op, args.req("a"), args.req("b"))
}

fn inplace(args: &Args<'_>, op: BinaryOp) -> Outcome {
    ops::inplace(op, args.req("a"), args.req("b"))
}

fn compare(args: &Args<'_>, op: CmpOp) -> Outcome {
    ops::compare(op, args.req("a"), args.req("b"))
}

/// Only what is a bool already.
fn truth(args: &Args<'_>) -> Outcome {
    match args.req("a").unliteral() {
        Ty::Bool | Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) => Outcome::known(Ty::Bool),
        _ => args.no_overload(),
    }
}

pub(super) static ROWS: &[Function] = rows! {
    "operator.add", "a, b, /" => |args| binary(args, BinaryOp::Add);
    "operator.and_", "a, b, /" => |args| binary(args, BinaryOp::BitAnd);
    "operator.contains", "a, b, /" => |args| ops::compare(CmpOp::In, args.req("b"), args.req("a"));
    "operator.delitem", "a, b, /" => |args| index::delitem(args.req("a"), args.req("b"));
    "operator.eq", "a, b, /" => |args| compare(args, CmpOp::Eq);
    "operator.floordiv", "a, b, /" => |args| binary(args, BinaryOp::FloorDiv);
    "operator.ge", "a, b, /" => |args| compare(args, CmpOp::GtE);
    "operator.getitem", "a, b, /" => |args| index::getitem(args.req("a"), args.req("b"));
    "operator.gt", "a, b, /" => |args| compare(args, CmpOp::Gt);
    "operator.iadd", "a, b, /" => |args| inplace(args, BinaryOp::Add);
    "operator.iand", "a, b, /" => |args| inplace(args, BinaryOp::BitAnd);
    "operator.ifloordiv", "a, b, /" => |args| inplace(args, BinaryOp::FloorDiv);
    "operator.ilshift", "a, b, /" => |args| inplace(args, BinaryOp::LShift);
    "operator.imod", "a, b, /" => |args| inplace(args, BinaryOp::Mod);
    "operator.imul", "a, b, /" => |args| inplace(args, BinaryOp::Mult);
    "operator.invert", "a, /" => |args| ops::unary(UnaryOp::Invert, args.req("a"));
    "operator.ior", "a, b, /" => |args| inplace(args, BinaryOp::BitOr);
    "operator.ipow", "a, b, /" => |args| inplace(args, BinaryOp::Pow);
    "operator.irshift", "a, b, /" => |args| inplace(args, BinaryOp::RShift);
    "operator.is_", "a, b, /" => |args| compare(args, CmpOp::Is);
    "operator.is_not", "a, b, /" => |args| compare(args, CmpOp::IsNot);
    "operator.isub", "a, b, /" => |args| inplace(args, BinaryOp::Sub);
    "operator.itruediv", "a, b, /" => |args| inplace(args, BinaryOp::Div);
    "operator.ixor", "a, b, /" => |args| inplace(args, BinaryOp::BitXor);
    "operator.le", "a, b, /" => |args| compare(args, CmpOp::LtE);
    "operator.lshift", "a, b, /" => |args| binary(args, BinaryOp::LShift);
    "operator.lt", "a, b, /" => |args| compare(args, CmpOp::Lt);
    "operator.matmul", "a, b, /" => |args| binary(args, BinaryOp::MatMult);
    "operator.mod", "a, b, /" => |args| binary(args, BinaryOp::Mod);
    "operator.mul", "a, b, /" => |args| binary(args, BinaryOp::Mult);
    "operator.ne", "a, b, /" => |args| compare(args, CmpOp::NotEq);
    "operator.neg", "a, /" => |args| ops::unary(UnaryOp::Neg, args.req("a"));
    "operator.not_", "a, /" => |args| ops::not(args.req("a"));
    "operator.or_", "a, b, /" => |args| binary(args, BinaryOp::BitOr);
    "operator.pos", "a, /" => |args| ops::unary(UnaryOp::Pos, args.req("a"));
    "operator.pow", "a, b, /" => |args| binary(args, BinaryOp::Pow);
    "operator.rshift", "a, b, /" => |args| binary(args, BinaryOp::RShift);
    "operator.setitem", "a, b, c, /" => |args| index::setitem(args.req("a"), args.req("b"), args.req("c"));
    "operator.sub", "a, b, /" => |args| binary(args, BinaryOp::Sub);
    "operator.truediv", "a, b, /" => |args| binary(args, BinaryOp::Div);
    "operator.truth", "a, /" => |args| truth(args);
    "operator.xor", "a, b, /" => |args| binary(args, BinaryOp::BitXor);
};
