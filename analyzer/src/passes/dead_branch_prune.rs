//! Replaces a branch whose condition is known before typing by a jump, and drops what is then dead.
//!
//! A condition is known if it is a constant, or one comparison of two constants, or of an argument with `None`
//! where the argument's type is `none`, an omitted `None`, or a literal. Nothing else is: `K + 1 == 4` has one
//! operation too many, and the truth of an argument is never known.

mod evaluate;

use super::cfg::Cfg;
use super::definitions::Definitions;
use super::propagate_literals::is_type_question;
use super::refused::remove_unreachable_code;
use super::{Env, Fact};
use crate::hir::body::{BinaryOp, BlockId, Body, CmpOp, InstKind, Terminator, Use, Value, VarId};
use crate::ty::{Const, Ty};
use evaluate::Operand;

/// Prunes every branch that Numba prunes for these arguments. What depends on something unknown stays. Whether there
/// was one.
pub fn dead_branch_prune(body: &mut Body, args: &[Ty], env: &dyn Env) -> bool {
    if !may_prune(body) {
        return false;
    }
    let pruned: Vec<(BlockId, Taken)> = {
        let cx = Prune { defs: Definitions::new(body), body, args, env };
        cx.branches()
            .filter_map(|block| cx.decide(block).ok().flatten().map(|taken| (block, taken)))
            .collect()
    };
    let any = !pruned.is_empty();
    apply(body, pruned);
    any
}

/// Whether there are branches other than those of `for` loops, which nothing decides.
fn may_prune(body: &Body) -> bool {
    body.blocks.iter().any(|block| {
        let Terminator::Branch { cond, .. } = &block.term else { return false };
        let asks_iterator = |kind: &InstKind| matches!(kind, InstKind::Assign { dst, value: Value::PairSecond(_) } if *dst == cond.var);
        !block.insts.iter().any(|inst| asks_iterator(&inst.kind))
    })
}

/// The branches that stay only because something about them is unknown: for some filling Numba prunes them, and
/// then nothing on the other side counts.
pub fn open_branches(body: &Body, args: &[Ty], env: &dyn Env) -> Vec<BlockId> {
    let cx = Prune { defs: Definitions::new(body), body, args, env };
    cx.branches().filter(|block| cx.decide(*block).is_err()).collect()
}

/// Sends branches one way each, as if their conditions were known.
pub fn take_branches(body: &mut Body, taken: &[(BlockId, bool)]) {
    let taken = taken.iter().map(|(block, then)| (*block, Taken { then: *then, rewrite: None })).collect();
    apply(body, taken);
}

/// A branch that is always taken one way.
struct Taken {
    then: bool,
    /// What becomes of the comparison, which would be typed otherwise.
    rewrite: Option<(VarId, Const)>,
}

/// Some operand is unknown.
struct Open;

struct Prune<'a> {
    body: &'a Body,
    defs: Definitions,
    args: &'a [Ty],
    env: &'a dyn Env,
}

impl Prune<'_> {
    fn branches(&self) -> impl Iterator<Item = BlockId> {
        self.body.block_ids().filter(|id| matches!(self.body.block(*id).term, Terminator::Branch { .. }))
    }

    fn decide(&self, block: BlockId) -> Result<Option<Taken>, Open> {
        let Terminator::Branch { cond, .. } = &self.body.block(block).term else { return Ok(None) };
        let Some((inst, value)) = self.defs.resolve(self.body, cond.var) else { return Ok(None) };
        let (op, a, b) = match value {
            Value::Binary(op, a, b) => (Op::Binary(*op), *a, *b),
            // `in` is the container's question, and `not in` is its negation.
            Value::Compare(CmpOp::In, a, b) => (Op::Compare(CmpOp::In), *b, *a),
            Value::Compare(CmpOp::NotIn, ..) => return Ok(None),
            Value::Compare(op, a, b) => (Op::Compare(*op), *a, *b),
            Value::Const(_) | Value::Global(_) | Value::Free(_) => {
                return Ok(match self.constant(value) {
                    Operand::No => None,
                    Operand::Open => return Err(Open),
                    Operand::Object(None) => return Err(Open),
                    operand => operand.truth().map(|then| Taken { then, rewrite: None }),
                });
            }
            // Numba answers it from the types, which are not known yet, or it is an error.
            Value::Call(call) => {
                let function = self.defs.value(self.body, call.func.var);
                return match function.and_then(|function| is_type_question(function, self.env)) {
                    Some(_) => Err(Open),
                    None => Ok(None),
                };
            }
            _ => return Ok(None),
        };
        let Some(result) = self.operation(op, a, b)? else { return Ok(None) };
        let here = &self.body.block(block).insts;
        let rewrite = here.iter().any(|other| other.id == inst.id).then(|| inst.kind.dst()).flatten();
        let then = result.truth();
        Ok(Some(Taken { then, rewrite: rewrite.map(|dst| (dst, result)) }))
    }

    fn operation(&self, op: Op, a: Use, b: Use) -> Result<Option<Const>, Open> {
        let mut by_type = false;
        let mut operand = |used: Use| match self.defs.value(self.body, used.var) {
            Some(Value::Param(index)) => {
                by_type = true;
                self.args.get(*index as usize).map_or(Operand::Open, of_argument)
            }
            Some(value) if self.asks_of_unknown(value) => Operand::Open,
            Some(value) => self.constant(value),
            None => Operand::No,
        };
        let (a, b) = (operand(a), operand(b));
        if matches!(a, Operand::No) || matches!(b, Operand::No) {
            return Ok(None);
        }
        if by_type {
            let asks_for_none =
                matches!(op, Op::Compare(CmpOp::Is | CmpOp::IsNot | CmpOp::Eq | CmpOp::NotEq));
            if !asks_for_none {
                return Ok(None);
            }
            // One of them has to be `None`; the result is the bit that says which way was taken. What is unknown
            // may be `None`.
            return match (&a, &b) {
                (Operand::Open, _) | (_, Operand::Open) => Err(Open),
                (Operand::None, _) | (_, Operand::None) => {
                    Ok(evaluate::none_comparison(op, &a, &b).map(Const::int))
                }
                _ => Ok(None),
            };
        }
        match (&a, &b) {
            (Operand::Open, _) | (_, Operand::Open) => return Err(Open),
            (Operand::None, _) | (_, Operand::None) => {}
            // Whether two objects are one, or equal, cannot be told here.
            (Operand::Object(_), _) | (_, Operand::Object(_)) => return Err(Open),
            _ => {}
        }
        Ok(evaluate::operation(op, &a, &b))
    }

    /// Whether it would be a constant if the argument that it asks about were known to be an array or a tuple.
    fn asks_of_unknown(&self, value: &Value) -> bool {
        let arg = |used: &Use| match self.defs.value(self.body, used.var) {
            Some(Value::Param(index)) => self.args.get(*index as usize),
            _ => None,
        };
        match value {
            Value::Attr(array, attr) if &**attr == "ndim" => {
                arg(array).is_some_and(|ty| ty.is_hole() || matches!(ty, Ty::Array(_)))
            }
            Value::Call(call) => {
                let [tuple] = &call.args[..] else { return false };
                let Some(Value::Global(function)) = self.defs.value(self.body, call.func.var) else {
                    return false;
                };
                arg(tuple).is_some_and(|ty| ty.is_hole() || matches!(ty, Ty::AnyTuple(_)))
                    && self.env.global(function) == Fact::Library("builtins.len".into())
            }
            _ => false,
        }
    }

    /// What `find_const` sees. A tuple display is an operation, a tuple in a global is a constant.
    fn constant(&self, value: &Value) -> Operand {
        let fact = match value {
            Value::Const(Const::Tuple(_)) => return Operand::No,
            Value::Const(value) => Fact::Const(value.clone()),
            Value::Global(name) => self.env.global(name),
            Value::Free(name) => self.env.free(name),
            _ => return Operand::No,
        };
        match fact {
            Fact::Unknown => Operand::Open,
            Fact::Const(Const::None) => Operand::None,
            Fact::Const(value) => Operand::Const(value),
            Fact::Library(_) => Operand::Object(Some(true)),
            Fact::Object(truth) => Operand::Object(truth),
            Fact::Tuple(members) => Operand::Object(Some(members > 0)),
        }
    }
}

#[derive(Clone, Copy)]
enum Op {
    Binary(BinaryOp),
    Compare(CmpOp),
}

/// An argument counts as the constant `None`, as a literal that is not `None`, or not at all.
fn of_argument(ty: &Ty) -> Operand {
    match ty {
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) => Operand::Open,
        ty if ty.is_none() => Operand::None,
        Ty::Literal(_) | Ty::LiteralList(_) | Ty::LiteralStrKeyDict(_) => Operand::Object(None),
        _ => Operand::No,
    }
}

fn apply(body: &mut Body, pruned: Vec<(BlockId, Taken)>) {
    if pruned.is_empty() {
        return;
    }
    let had_preds: Vec<usize> = Cfg::new(body).preds.iter().map(|preds| preds.len()).collect();
    for (block, taken) in pruned {
        let block = &mut body.blocks[block.0 as usize];
        if let Terminator::Branch { then, orelse, .. } = block.term {
            block.term = Terminator::Jump(if taken.then { then } else { orelse });
        }
        let Some((dst, result)) = taken.rewrite else { continue };
        for inst in &mut block.insts {
            match &mut inst.kind {
                InstKind::Assign { dst: other, value } if *other == dst => {
                    *value = Value::Const(result.clone())
                }
                _ => {}
            }
        }
    }
    collapse_phis(body, &had_preds);
    remove_unreachable_code(body);
}

/// A phi with one edge left is a copy. With several it keeps what comes from blocks that are still alive, even
/// where their edge is gone, as Numba does.
fn collapse_phis(body: &mut Body, had_preds: &[usize]) {
    let cfg = Cfg::new(body);
    for (block, index) in body.blocks.iter_mut().zip(0..) {
        let preds = &cfg.preds[index as usize];
        if !cfg.is_reachable(index) || preds.len() == had_preds[index as usize] {
            continue;
        }
        for inst in &mut block.insts {
            let InstKind::Assign { value, .. } = &mut inst.kind else { continue };
            let Value::Phi(inputs) = value else { continue };
            if let [only] = preds[..] {
                let input = inputs.iter().find(|(from, _)| from.0 == only);
                *value = input.map_or(Value::Undef, |(_, used)| Value::Copy(*used));
            } else {
                inputs.retain(|(from, _)| cfg.is_reachable(from.0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Builder, show};
    use super::super::{NoEnv, prepare};
    use super::*;
    use crate::ty::Why;

    struct Globals;

    impl Env for Globals {
        fn global(&self, name: &crate::ty::Name) -> Fact {
            match &**name {
                "DEBUG" => Fact::Const(Const::Bool(false)),
                "CB" => Fact::Object(Some(true)),
                _ => Fact::Unknown,
            }
        }

        fn free(&self, _: &crate::ty::Name) -> Fact {
            Fact::Unknown
        }
    }

    /// `if x OP None: return 1` and `return x` after it.
    fn compared_with_none(op: CmpOp) -> Body {
        let mut b = Builder::new(&["x"], 3);
        b.assign(0, "none", Value::Const(Const::None));
        let (x, none) = (b.used("x"), b.used("none"));
        b.assign(0, "cond", Value::Compare(op, x, none));
        b.branch(0, "cond", 1, 2);
        b.constant(1, "y", 1);
        b.ret(1, "y");
        b.ret(2, "x");
        b.body
    }

    fn ends(body: &Body) -> Vec<String> {
        (0..body.blocks.len()).filter_map(|block| show(body, block).pop()).collect()
    }

    fn pruned(body: &Body, arg: Ty) -> Vec<String> {
        ends(&prepare(body, &[arg], &NoEnv))
    }

    #[test]
    fn an_argument_is_compared_with_none_by_its_type() {
        let body = compared_with_none(CmpOp::Is);
        assert_eq!(pruned(&body, Ty::None), ["jump 1", "return y"]);
        assert_eq!(pruned(&body, Ty::omitted(Const::None)), ["jump 1", "return y"]);
        assert_eq!(pruned(&body, Ty::int_literal(1)), ["jump 1", "return x"]);
        assert_eq!(pruned(&body, Ty::INT64), ["branch cond 1 2", "return y", "return x"]);
        let body = compared_with_none(CmpOp::IsNot);
        assert_eq!(pruned(&body, Ty::None), ["jump 1", "return x"]);
        assert_eq!(pruned(&compared_with_none(CmpOp::Lt), Ty::None).len(), 3);
    }

    #[test]
    fn an_unknown_argument_leaves_the_branch_open() {
        let body = compared_with_none(CmpOp::Is);
        let hole = [Ty::Hole(Why::BrokenSource)];
        assert_eq!(open_branches(&body, &hole, &NoEnv), [BlockId(0)]);
        assert_eq!(open_branches(&body, &[Ty::INT64], &NoEnv), []);
        assert_eq!(ends(&prepare(&body, &hole, &NoEnv)).len(), 3);
    }

    fn on_global(name: &str) -> Body {
        let mut b = Builder::new(&["x"], 3);
        b.assign(0, "cond", Value::Global(name.into()));
        b.branch(0, "cond", 1, 2);
        b.ret(1, "x");
        b.ret(2, "x");
        b.body
    }

    #[test]
    fn a_branch_on_a_global_goes_by_its_truth() {
        let args = [Ty::INT64];
        assert_eq!(prepare(&on_global("DEBUG"), &args, &Globals).blocks.len(), 2);
        assert_eq!(prepare(&on_global("CB"), &args, &Globals).blocks.len(), 2);
        assert_eq!(prepare(&on_global("other"), &args, &Globals).blocks.len(), 3);
        assert_eq!(open_branches(&on_global("other"), &args, &Globals), [BlockId(0)]);
    }

    #[test]
    fn a_phi_with_one_edge_left_is_a_copy() {
        // k is rebound under `if k is None`: the comparison is known only once each version has one definition.
        let mut b = Builder::new(&["k"], 3);
        b.assign(0, "none", Value::Const(Const::None));
        let (k, none) = (b.used("k"), b.used("none"));
        b.assign(0, "cond", Value::Compare(CmpOp::Is, k, none));
        b.branch(0, "cond", 1, 2);
        b.constant(1, "k", 3);
        b.jump(1, 2);
        b.ret(2, "k");
        let body = prepare(&b.body, &[Ty::None], &NoEnv);
        assert_eq!(show(&body, 2), ["k.2 = k.1", "return k.2"]);
        let body = prepare(&b.body, &[Ty::INT64], &NoEnv);
        assert_eq!(show(&body, 2), ["k.2 = phi(0: k, 1: k.1)", "return k.2"]);
    }
}
