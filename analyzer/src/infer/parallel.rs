//! What Numba types and then cannot run in parallel: steps of `prange`, assignments to its index, lists that grow by
//! it, and variables carried through it that are no reductions.
//!
//! A loop that can be left early, or that holds a `try`, is not divided among threads, so nothing of this holds for it.

mod growth;
mod reduction;
mod unsigned;

use crate::hir::body::{Body, Call, Inst, InstKind, Terminator, Use, Value, VarId};
use crate::passes::cfg::{self, Cfg};
use crate::ty::{Name, Ty};

use super::{Problem, ProblemKind, TypedBody};

/// The problems of the parallel loops of a function, in the order in which Numba would meet them.
pub(super) fn parallel(typed: &TypedBody, problems: &mut Vec<Problem>) {
    let calls_prange = || typed.types.iter().any(|ty| matches!(ty, Ty::Function(path) if &**path == PRANGE));
    if !typed.options.parallel || !calls_prange() {
        return;
    }
    let view = View::new(typed);
    for each in &view.loops {
        step(&view, each, problems);
        index(&view, each, problems);
    }
    for each in view.loops.iter().filter(|each| !view.is_nested(each)) {
        limits(&view, each, problems);
        yields(&view, each, problems);
        reduction::reductions(&view, each, problems);
        growth::growth(&view, each, problems);
        unsigned::unsigned(&view, each, problems);
    }
}

const PRANGE: &str = "numba.prange";

/// A loop over `prange` that Numba divides among threads.
struct Loop<'a> {
    natural: cfg::Loop,
    /// The variable that counts the rounds.
    item: VarId,
    call: &'a Call,
    call_inst: &'a Inst,
}

/// A typed body with what is asked of it here.
struct View<'a> {
    typed: &'a TypedBody,
    body: &'a Body,
    cfg: Cfg,
    /// By variable: block and position of its definition.
    defs: Vec<Option<(u32, u32)>>,
    loops: Vec<Loop<'a>>,
}

impl<'a> View<'a> {
    fn new(typed: &'a TypedBody) -> View<'a> {
        let body = &*typed.body;
        let mut defs = vec![None; body.vars.len()];
        for (block, number) in body.blocks.iter().zip(0..) {
            for (inst, index) in block.insts.iter().zip(0..) {
                if let Some(dst) = inst.kind.dst() {
                    defs[dst.0 as usize] = Some((number, index));
                }
            }
        }
        let mut view = View { typed, body, cfg: Cfg::new(body), defs, loops: Vec::new() };
        view.loops = (0..).zip(&body.blocks).filter_map(|(header, _)| view.loop_at(header)).collect();
        view
    }

    fn def(&self, var: VarId) -> Option<(u32, &'a Inst)> {
        let (block, index) = self.defs[var.0 as usize]?;
        Some((block, &self.body.blocks[block as usize].insts[index as usize]))
    }

    fn value(&self, var: VarId) -> Option<&'a Value> {
        match &self.def(var)?.1.kind {
            InstKind::Assign { value, .. } => Some(value),
            _ => None,
        }
    }

    fn name(&self, var: VarId) -> Option<&'a Name> {
        self.body.var(var).name.as_ref()
    }

    /// The variable behind plain copies.
    fn source(&self, mut var: VarId) -> VarId {
        // A phi ends a chain of copies, so it cannot come back to where it started.
        while let Some(Value::Copy(from)) = self.value(var) {
            var = from.var;
        }
        var
    }

    /// The instructions of a loop after its header, block by block in the order of the text.
    fn insts<'b>(&self, of: &'b Loop<'_>) -> impl Iterator<Item = (u32, &'a Inst)> + use<'a, 'b> {
        let body = self.body;
        (0..)
            .zip(&body.blocks)
            .filter(move |(block, _)| *block != of.header() && of.has(*block))
            .flat_map(|(number, block)| block.insts.iter().map(move |inst| (number, inst)))
    }

    /// Whether a variable, or a merge that takes it, is an index.
    fn is_index(&self, var: VarId) -> bool {
        let mut todo = vec![var];
        let mut seen = vec![var];
        while let Some(var) = todo.pop() {
            for inst in self.body.blocks.iter().flat_map(|block| &block.insts) {
                match &inst.kind {
                    InstKind::Assign { dst, value: Value::Phi(inputs) }
                        if !seen.contains(dst) && inputs.iter().any(|(_, input)| input.var == var) =>
                    {
                        seen.push(*dst);
                        todo.push(*dst);
                    }
                    InstKind::Assign { value: Value::Item(_, index), .. }
                    | InstKind::SetItem { index, .. }
                        if index.var == var || self.is_part(var, index.var) =>
                    {
                        return true;
                    }
                    _ => {}
                }
            }
        }
        false
    }

    /// Whether a variable is a part of the tuple that another is.
    fn is_part(&self, var: VarId, of: VarId) -> bool {
        matches!(self.value(of), Some(Value::Tuple(items)) if items.iter().any(|item| item.var == var))
    }

    fn is_nested(&self, each: &Loop<'_>) -> bool {
        self.loops.iter().any(|outer| each.natural.is_inside(&outer.natural))
    }

    /// The parallel loop with this header.
    fn loop_at(&self, header: u32) -> Option<Loop<'a>> {
        let insts = &self.body.blocks[header as usize].insts;
        let iterator = insts.iter().find_map(|inst| match &inst.kind {
            InstKind::Assign { value: Value::Next(iterator), .. } => Some(iterator.var),
            _ => None,
        })?;
        let Some(Value::Iter(over)) = self.value(self.source(iterator)) else { return None };
        let (_, call_inst) = self.def(self.source(over.var))?;
        let InstKind::Assign { value: Value::Call(call), .. } = &call_inst.kind else { return None };
        if !matches!(self.typed.ty(call.func.var), Ty::Function(path) if &**path == PRANGE) {
            return None;
        }
        let item = insts.iter().find_map(|inst| match &inst.kind {
            InstKind::Assign { dst, value: Value::PairFirst(_) } => Some(*dst),
            _ => None,
        })?;
        let natural = self.cfg.natural_loop(header)?;
        let found = Loop { natural, item, call, call_inst };
        (!self.is_left_early(&found)).then_some(found)
    }

    /// Whether a loop has another end than that of its `prange`, or handles exceptions.
    fn is_left_early(&self, of: &Loop<'_>) -> bool {
        let leaves = |block: u32| {
            let succs = &self.cfg.succs[block as usize];
            let ends =
                matches!(self.body.blocks[block as usize].term, Terminator::Return(_) | Terminator::Raise(_));
            ends || succs.iter().any(|to| !of.has(*to))
        };
        let handles = |inst: &Inst| {
            let asks = matches!(&inst.kind, InstKind::Assign { value: Value::ExceptionCheck, .. });
            asks || matches!(inst.kind, InstKind::TryBegin { .. } | InstKind::TryEnd)
        };
        of.natural.blocks().any(|block| block != of.header() && leaves(block))
            || self.insts(of).any(|(_, inst)| handles(inst))
    }
}

impl Loop<'_> {
    fn header(&self) -> u32 {
        self.natural.header
    }

    fn has(&self, block: u32) -> bool {
        self.natural.has(block)
    }
}

/// `prange` of a parallel function steps by 1.
fn step(view: &View<'_>, of: &Loop<'_>, problems: &mut Vec<Problem>) {
    let [_, _, step] = of.call.args.as_slice() else { return };
    let ty = view.typed.ty(step.var);
    if *ty != Ty::int_literal(1) && !ty.has_hole() {
        let kind = ProblemKind::Lowering { what: "`prange` steps by 1 only".into() };
        problems.push(Problem { origin: of.call_inst.origin, numba_origin: None, kind });
    }
}

/// The rounds to divide are counted by integers. A loop inside of a parallel one counts as it does in Python.
fn limits(view: &View<'_>, of: &Loop<'_>, problems: &mut Vec<Problem>) {
    let mut limits = of.call.args.iter().take(2);
    if let Some(float) = limits.find(|limit| matches!(view.typed.ty(limit.var), Ty::Float(_))) {
        let kind =
            ProblemKind::Lowering { what: "`prange` counts up to a float here, which must be an int".into() };
        problems.push(Problem { origin: float.origin, numba_origin: None, kind });
    }
}

/// A thread cannot hand out items.
fn yields(view: &View<'_>, of: &Loop<'_>, problems: &mut Vec<Problem>) {
    let is_yield = |inst: &&Inst| matches!(inst.kind, InstKind::Assign { value: Value::Yield(_), .. });
    if let Some(inst) = view.insts(of).map(|(_, inst)| inst).find(is_yield) {
        let kind = ProblemKind::Lowering { what: "`yield` cannot stand in a `prange` loop".into() };
        problems.push(Problem { origin: inst.origin, numba_origin: None, kind });
    }
}

/// The index, and what starts out as a copy of it, may not be updated or take the value of another variable. Numba does
/// not notice a constant, what a call gives, or an expression whose last operation does not have the index itself.
fn index(view: &View<'_>, of: &Loop<'_>, problems: &mut Vec<Problem>) {
    let mut indices = vec![of.item];
    let first = view.cfg.succs[of.header() as usize].iter().find(|to| of.has(**to));
    for (block, inst) in view.insts(of) {
        let InstKind::Assign { dst, value } = &inst.kind else { continue };
        let Some(name) = view.name(*dst) else { continue };
        if let Value::Copy(from) = value
            && Some(&block) == first
            && indices.contains(&from.var)
        {
            indices.push(*dst);
            continue;
        }
        let same = |operand: &Use| view.name(operand.var) == Some(name);
        let updates = |value: &Value| matches!(value, Value::InPlace(_, a, b) | Value::Binary(_, a, b) if same(a) || same(b));
        let in_place = |value: &Value| matches!(value, Value::InPlace(..));
        // An inner loop gives its index from a temporary, read or not.
        let inner = matches!(value, Value::Copy(from) if !indices.contains(&from.var)
            && matches!(view.value(from.var), Some(Value::PairFirst(_))));
        let overwrites = match value {
            Value::PairFirst(_) => true,
            Value::Copy(from) => {
                let other = view.name(from.var).is_some_and(|from| from != name);
                other || inner || view.value(from.var).is_some_and(updates)
            }
            value => updates(value),
        };
        // What nobody reads is removed before, and the one reader may take what is assigned, but no index does.
        let kept = || {
            inner
                || view.is_index(*dst)
                || in_place(value)
                || matches!(value, Value::Copy(from) if view.value(from.var).is_some_and(in_place))
        };
        if overwrites && kept() && indices.iter().any(|index| view.name(*index) == Some(name)) {
            let copy = indices.iter().find_map(|index| view.name(*index)) != Some(name);
            let kind = ProblemKind::PrangeIndex { name: name.clone(), copy };
            problems.push(Problem { origin: inst.origin, numba_origin: None, kind });
            return;
        }
    }
}
