//! What lints ask about a typed body: where a variable is defined, which function a call calls, the loops.

use crate::hir::JitKind;
use crate::hir::body::{Body, Call, Inst, InstKind, Origin, Terminator, Use, Value, VarId};
use crate::infer::TypedBody;
use crate::passes::cfg::{self, Cfg};
use crate::rules::report::Place;
use crate::ty::{Const, Literal, Name, Ty};

pub(crate) struct Cx<'a> {
    pub(super) typed: &'a TypedBody,
    pub(super) body: &'a Body,
    pub(super) kind: JitKind,
    pub(super) place: &'a Place<'a>,
    pub(super) cfg: Cfg,
    /// By variable: block and position of its definition.
    defs: Vec<Option<(u32, u32)>>,
    /// Every reachable instruction, with its block.
    insts: Vec<(u32, &'a Inst)>,
    calls: Vec<(u32, &'a Inst)>,
    subscripts: Vec<(u32, &'a Inst)>,
    pub(super) loops: Vec<Loop>,
}

/// A loop and what it walks over.
pub(super) struct Loop {
    pub(super) natural: cfg::Loop,
    /// For a `for` loop: the variable that the next item comes in, and what is walked over.
    pub(super) item: Option<VarId>,
    pub(super) iterable: Option<VarId>,
    /// It walks over `prange(..)`.
    pub(super) is_prange: bool,
    /// Where the call of `range` or `prange` stands.
    pub(super) origin: Origin,
}

/// The limits of a `range` or `prange`.
pub(super) struct RangeCall<'a> {
    pub(super) path: Name,
    pub(super) args: &'a [Use],
    pub(super) origin: Origin,
}

impl RangeCall<'_> {
    pub(super) fn start(&self) -> Option<VarId> {
        (self.args.len() > 1).then(|| self.args[0].var)
    }

    pub(super) fn stop(&self) -> VarId {
        self.args[usize::from(self.args.len() > 1)].var
    }

    pub(super) fn step(&self) -> Option<VarId> {
        self.args.get(2).map(|step| step.var)
    }
}

impl<'a> Cx<'a> {
    pub(super) fn new(typed: &'a TypedBody, kind: JitKind, place: &'a Place<'a>) -> Cx<'a> {
        let body = &*typed.body;
        let mut defs = vec![None; body.vars.len()];
        for (block, number) in body.blocks.iter().zip(0..) {
            for (inst, index) in block.insts.iter().zip(0..) {
                if let Some(dst) = inst.kind.dst() {
                    defs[dst.0 as usize] = Some((number, index));
                }
            }
        }
        let cfg = Cfg::new(body);
        let mut insts = Vec::with_capacity(body.n_insts as usize);
        let (mut calls, mut subscripts) = (Vec::new(), Vec::new());
        for (block, number) in body.blocks.iter().zip(0..).filter(|(_, number)| cfg.is_reachable(*number)) {
            for inst in &block.insts {
                insts.push((number, inst));
                match &inst.kind {
                    InstKind::Assign { value: Value::Call(_), .. } => calls.push((number, inst)),
                    InstKind::Assign { value: Value::Item(..), .. } | InstKind::SetItem { .. } => {
                        subscripts.push((number, inst));
                    }
                    _ => {}
                }
            }
        }
        let mut cx = Cx { typed, body, kind, place, cfg, defs, insts, calls, subscripts, loops: Vec::new() };
        cx.loops = cx.find_loops();
        cx
    }

    pub(super) fn ty(&self, var: VarId) -> &'a Ty {
        self.typed.ty(var)
    }

    /// Every reachable instruction, with its block.
    pub(super) fn insts(&self) -> impl Iterator<Item = (u32, &'a Inst)> {
        self.insts.iter().copied()
    }

    /// Every reachable call, with its block.
    pub(super) fn calls(&self) -> impl Iterator<Item = (u32, &'a Inst)> {
        self.calls.iter().copied()
    }

    /// Every reachable read and write of an item, with its block.
    pub(super) fn subscripts(&self) -> impl Iterator<Item = (u32, &'a Inst)> {
        self.subscripts.iter().copied()
    }

    pub(super) fn def(&self, var: VarId) -> Option<(u32, &'a Inst)> {
        let (block, index) = self.defs[var.0 as usize]?;
        Some((block, &self.body.blocks[block as usize].insts[index as usize]))
    }

    pub(super) fn value(&self, var: VarId) -> Option<&'a Value> {
        match &self.def(var)?.1.kind {
            InstKind::Assign { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The variable behind plain copies.
    pub(super) fn source(&self, mut var: VarId) -> VarId {
        for _ in 0..32 {
            match self.value(var) {
                Some(Value::Copy(from)) => var = from.var,
                _ => break,
            }
        }
        var
    }

    pub(super) fn int(&self, var: VarId) -> Option<i128> {
        match (self.value(self.source(var)), self.ty(var)) {
            (Some(Value::Const(Const::Int(value))), _) | (_, Ty::Literal(Literal::Int(value))) => {
                Some(value.get())
            }
            _ => None,
        }
    }

    pub(super) fn call(inst: &Inst) -> Option<(VarId, &Call)> {
        match &inst.kind {
            InstKind::Assign { dst, value: Value::Call(call) } => Some((*dst, call)),
            _ => None,
        }
    }

    /// The path of the library function that is called: `numpy.isnan`.
    pub(super) fn function(&self, call: &Call) -> Option<Name> {
        match self.ty(call.func.var) {
            Ty::Function(path) => Some(path.clone()),
            _ => None,
        }
    }

    /// The receiver and the name of the method that is called.
    pub(super) fn method(&self, call: &Call) -> Option<(Use, Name)> {
        match self.value(call.func.var)? {
            Value::Attr(on, name) if !matches!(self.ty(on.var), Ty::Module(_)) => Some((*on, name.clone())),
            _ => None,
        }
    }

    /// The user's name of a variable.
    pub(super) fn name(&self, var: VarId) -> Option<&'a Name> {
        // Names with a dot belong to inlined functions.
        self.body.var(var).name.as_ref().filter(|name| !name.contains('.'))
    }

    /// The source text of an origin on one line, or a stand-in when it is long.
    pub(super) fn text(&self, origin: Origin) -> String {
        let text = self.place.source(self.place.span(origin));
        if text.is_empty() || text.len() > 40 || text.contains('\n') {
            return "this".to_string();
        }
        format!("`{text}`")
    }

    pub(super) fn range_of(&self, iterable: VarId) -> Option<RangeCall<'a>> {
        let (_, inst) = self.def(self.source(iterable))?;
        let InstKind::Assign { value: Value::Call(call), .. } = &inst.kind else { return None };
        let path = self.function(call)?;
        let known = matches!(&*path, "builtins.range" | "numba.prange");
        (known && !call.args.is_empty() && call.kwargs.is_empty() && call.star.is_none()).then(|| RangeCall {
            path,
            args: &call.args,
            origin: inst.origin,
        })
    }

    /// The loops that run in parallel: the outermost `prange` of a parallel function.
    pub(super) fn parallel_loops(&self) -> impl Iterator<Item = &Loop> {
        let parallel = self.typed.options.parallel;
        self.loops.iter().filter(move |each| {
            let outer = |other: &&Loop| other.is_prange && each.is_inside(other);
            parallel && each.is_prange && !self.loops.iter().any(|other| outer(&other))
        })
    }

    fn find_loops(&self) -> Vec<Loop> {
        let with_iterable = |natural: cfg::Loop| {
            let origin = self.body.blocks[natural.header as usize].head;
            let mut found = Loop { natural, item: None, iterable: None, is_prange: false, origin };
            self.for_loop(&mut found);
            found
        };
        self.cfg.natural_loops().into_iter().map(with_iterable).collect()
    }

    /// Finds what a `for` loop walks over from the `next` in its header.
    fn for_loop(&self, found: &mut Loop) {
        let insts = &self.body.blocks[found.header() as usize].insts;
        for inst in insts {
            let InstKind::Assign { dst, value } = &inst.kind else { continue };
            match value {
                Value::Next(iterator) => {
                    if let Some(Value::Iter(over)) = self.value(self.source(iterator.var)) {
                        found.iterable = Some(over.var);
                    }
                }
                Value::PairFirst(_) => found.item = Some(*dst),
                _ => {}
            }
        }
        if let Some(range) = found.iterable.and_then(|over| self.range_of(over)) {
            found.is_prange = &*range.path == "numba.prange";
            found.origin = range.origin;
        }
    }
}

impl Loop {
    pub(super) fn header(&self) -> u32 {
        self.natural.header
    }

    pub(super) fn has(&self, block: u32) -> bool {
        self.natural.has(block)
    }

    /// Whether a loop is another one around this.
    pub(super) fn is_inside(&self, outer: &Loop) -> bool {
        self.natural.is_inside(&outer.natural)
    }

    /// Whether a block runs in every round that gets past the header.
    pub(super) fn every_round(&self, cx: &Cx<'_>, block: u32) -> bool {
        self.has(block) && self.natural.latches.iter().all(|latch| cx.cfg.dominates(block, *latch))
    }

    /// The edges that leave the loop other than by its end: the block each leads to.
    pub(super) fn exits<'a>(&'a self, cx: &'a Cx<'_>) -> impl Iterator<Item = u32> + 'a {
        self.natural
            .blocks()
            .filter(|block| *block != self.header())
            .flat_map(|block| cx.cfg.succs[block as usize].iter().copied())
            .filter(|to| !self.has(*to))
    }
}

/// The variables that a terminator reads.
pub(super) fn term_uses(term: &Terminator) -> Vec<Use> {
    let mut uses = Vec::new();
    term.clone().uses_mut(&mut |used| uses.push(*used));
    uses
}

/// The variables that an instruction reads.
pub(super) fn uses(inst: &Inst) -> Vec<Use> {
    let mut uses = Vec::new();
    inst.kind.clone().uses_mut(&mut |used| uses.push(*used));
    uses
}
