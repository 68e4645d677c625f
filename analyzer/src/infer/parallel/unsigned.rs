//! The index of `prange(n)` is an unsigned integer to the code of the threads, which Numba types anew. Where it meets
//! a signed one at a merge, in `max` or in `min`, both become float64, and no array takes that as an index.
//!
//! Arithmetic with a signed integer gives a signed one, and `prange(0, n)` counts by signed ones. A copy made at the
//! start of the loop is taken for the index itself by Numba, whatever becomes of it, so nothing is said of its name.

use crate::hir::body::{BinaryOp, Inst, InstKind, UnaryOp, Use, Value, VarId};
use crate::infer::{Problem, ProblemKind};
use crate::ty::{Literal, Name, Ty};

use super::{Loop, View};

/// What the threads see in a variable that is an integer outside of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing has arrived yet.
    Nothing,
    AsTyped,
    Unsigned,
    Float,
}

/// Reports the first index that is a float to the threads.
pub(super) fn unsigned(view: &View<'_>, of: &Loop<'_>, problems: &mut Vec<Problem>) {
    let Some(seen) = seen(view, of) else { return };
    let is_float = |used: &Use| seen[used.var.0 as usize] == Seen::Float;
    let refused = view.insts(of).find_map(|(_, inst)| {
        let (target, index) = match &inst.kind {
            InstKind::Assign { value: Value::Item(target, index), .. }
            | InstKind::SetItem { target, index, .. } => (target, index),
            _ => return None,
        };
        let parts = match view.value(view.source(index.var)) {
            Some(Value::Tuple(parts)) => parts.as_slice(),
            _ => std::slice::from_ref(index),
        };
        let part = parts.iter().find(|part| is_float(part))?;
        matches!(view.typed.ty(target.var), Ty::Array(_)).then_some((inst, part))
    });
    if let Some((inst, part)) = refused {
        let name = view.name(view.source(part.var)).filter(|name| !name.contains('.'));
        let what = name.map_or_else(|| "this index".to_string(), |name| format!("`{name}`"));
        let what = format!(
            "{what} is a float in the threads of `prange`: it joins the loop's index, which is unsigned, with a signed int (write `np.int64(..)` around the index)"
        );
        problems.push(Problem {
            origin: inst.origin,
            numba_origin: None,
            kind: ProblemKind::Lowering { what: what.into() },
        });
    }
}

/// What the threads of a loop see, by variable; `None` if the index is signed, or nobody knows.
pub(super) fn seen(view: &View<'_>, of: &Loop<'_>) -> Option<Vec<Seen>> {
    let divided_inside = view.loops.iter().any(|inner| inner.natural.is_inside(&of.natural));
    if of.call.args.len() != 1 || divided_inside {
        return None;
    }
    Threads { view, of, names: copied_names(view, of) }.seen()
}

/// The names that stand for the index itself: its own, and those that the first block copies it to.
fn copied_names<'a>(view: &View<'a>, of: &Loop<'_>) -> Vec<&'a Name> {
    let first = view.cfg.succs[of.header() as usize].iter().find(|to| of.has(**to));
    let copies = view.insts(of).filter(|(block, _)| Some(block) == first).filter_map(|(_, inst)| match &inst
        .kind
    {
        InstKind::Assign { dst, value: Value::Copy(_) } if view.source(*dst) == of.item => view.name(*dst),
        _ => None,
    });
    copies.collect()
}

struct Threads<'a> {
    view: &'a View<'a>,
    of: &'a Loop<'a>,
    names: Vec<&'a Name>,
}

impl Threads<'_> {
    /// By variable; `None` if the rounds do not come to an end soon.
    fn seen(&self) -> Option<Vec<Seen>> {
        const MOST_ROUNDS: u32 = 16;
        let header = &self.view.body.blocks[self.of.header() as usize].insts;
        let all: Vec<&Inst> = header.iter().chain(self.view.insts(self.of).map(|(_, inst)| inst)).collect();
        let mut seen = vec![Seen::AsTyped; self.view.body.vars.len()];
        for dst in all.iter().filter_map(|inst| inst.kind.dst()) {
            seen[dst.0 as usize] = Seen::Nothing;
        }
        seen[self.of.item.0 as usize] = Seen::Unsigned;
        for _ in 0..MOST_ROUNDS {
            let mut again = false;
            for inst in &all {
                let InstKind::Assign { dst, value } = &inst.kind else { continue };
                if *dst != self.of.item {
                    let found = self.value(*dst, value, &seen);
                    again |= std::mem::replace(&mut seen[dst.0 as usize], found) != found;
                }
            }
            if !again {
                return Some(seen);
            }
        }
        None
    }

    fn value(&self, dst: VarId, value: &Value, seen: &[Seen]) -> Seen {
        let of = |used: &Use| seen[used.var.0 as usize];
        match value {
            Value::Copy(from) => of(from),
            Value::Unary(UnaryOp::Neg | UnaryOp::Pos, operand) => of(operand),
            Value::Binary(op, a, b) | Value::InPlace(op, a, b) if keeps_integers(*op) => {
                match (of(a), of(b)) {
                    (Seen::Nothing, _) | (_, Seen::Nothing) => Seen::Nothing,
                    (Seen::Float, _) | (_, Seen::Float) => Seen::Float,
                    (Seen::Unsigned, Seen::Unsigned) => Seen::Unsigned,
                    _ => Seen::AsTyped,
                }
            }
            Value::Phi(inputs) => {
                let named = self.view.name(dst).is_some_and(|name| self.names.contains(&name));
                if named { Seen::AsTyped } else { self.joined(inputs.iter().map(|(_, input)| input), seen) }
            }
            Value::Call(call) if call.kwargs.is_empty() && call.star.is_none() => {
                match self.view.typed.ty(call.func.var) {
                    Ty::Function(path) if matches!(&**path, "builtins.max" | "builtins.min") => {
                        self.joined(call.args.iter(), seen)
                    }
                    Ty::Function(path) if matches!(&**path, "builtins.int" | "builtins.abs") => {
                        let of = call.args.first().map_or(Seen::AsTyped, of);
                        if of == Seen::Float && &**path == "builtins.int" { Seen::AsTyped } else { of }
                    }
                    _ => Seen::AsTyped,
                }
            }
            Value::PairFirst(pair) if self.counts_unsigned(pair.var, seen) => Seen::Unsigned,
            _ => Seen::AsTyped,
        }
    }

    /// What values become that one variable must hold.
    fn joined<'u>(&self, inputs: impl Iterator<Item = &'u Use> + Clone, seen: &[Seen]) -> Seen {
        let of = |input: &Use| seen[input.var.0 as usize];
        let arrived = || inputs.clone().filter(|input| of(input) != Seen::Nothing);
        let any = |what: Seen| arrived().any(|input| of(input) == what);
        let signed =
            || arrived().any(|input| of(input) == Seen::AsTyped && is_signed(self.view.typed.ty(input.var)));
        if arrived().next().is_none() {
            Seen::Nothing
        } else if any(Seen::Float) || (any(Seen::Unsigned) && signed()) {
            Seen::Float
        } else if arrived().all(|input| of(input) == Seen::Unsigned) {
            Seen::Unsigned
        } else {
            Seen::AsTyped
        }
    }

    /// Whether the pair is the next item of a `range` whose limits are all unsigned.
    fn counts_unsigned(&self, pair: VarId, seen: &[Seen]) -> bool {
        let Some(Value::Next(iterator)) = self.view.value(pair) else { return false };
        let Some(Value::Iter(over)) = self.view.value(self.view.source(iterator.var)) else { return false };
        let Some(Value::Call(call)) = self.view.value(self.view.source(over.var)) else { return false };
        let is_range =
            matches!(self.view.typed.ty(call.func.var), Ty::Function(path) if &**path == "builtins.range");
        is_range
            && !call.args.is_empty()
            && call.args.iter().all(|limit| seen[limit.var.0 as usize] == Seen::Unsigned)
    }
}

fn keeps_integers(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mult | BinaryOp::FloorDiv | BinaryOp::Mod)
}

pub(super) fn is_signed(ty: &Ty) -> bool {
    match ty {
        Ty::Int(int) => int.signed(),
        Ty::Literal(Literal::Int(_)) => true,
        _ => false,
    }
}
