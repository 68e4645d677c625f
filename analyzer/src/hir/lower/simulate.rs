//! Stack code to the kernel IR: the stack is run symbolically, each value becoming a variable.
//!
//! Values that wait on the stack where ways meet get a variable that each way assigns, as in Numba.

use super::code::{At, Code, Instr, Label, Op};
use super::flow;
use crate::hir::body::{
    Block, BlockId, Body, InstKind, Origin, RefusedKind, RefusedSyntax, Terminator, Use, Value, VarId,
};

/// Targets are labels until all blocks exist; this bit marks what is a block already.
const BLOCK: u32 = 1 << 31;

/// A value on the stack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) value: Use,
    /// The value has been given to this variable by a walrus (or a chained assignment) and Numba has lost its
    /// temporary: only another assignment may still take it.
    pub(super) moved: Option<VarId>,
}

/// What is on the stack when a block is entered.
#[derive(Clone, Debug)]
enum Entry {
    Unknown,
    /// One way leads here, and this is what it brings.
    Inherit(Vec<Slot>),
    /// Variables that every way assigns.
    Merge(Vec<VarId>),
}

#[derive(Debug)]
struct Arrival {
    depth: Option<u32>,
    edges: u32,
    /// The only edge comes from a block that stands earlier.
    forward: bool,
}

pub(super) struct Sim<'c> {
    code: &'c Code,
    pub(super) body: Body,
    entries: Vec<Entry>,
    block_of: Vec<Option<BlockId>>,
    pub(super) current: Block,
    pub(super) stack: Vec<Slot>,
    /// Depths of the stack at which handlers are entered, by label.
    handler_depth: Vec<u32>,
    /// By label: a `try` goes there with an exception.
    is_handler: Vec<bool>,
    pub(super) defined: Vec<bool>,
    refused: Vec<(u8, RefusedSyntax)>,
    /// Variables that join values on the stack.
    pub(super) merges: Vec<VarId>,
    /// Assignments of variables that an `objmode` block sets without saying their type.
    pub(super) undeclared: Vec<(BlockId, usize, VarId)>,
    /// The same for variables that it declares.
    pub(super) declared: Vec<(BlockId, usize, VarId)>,
    pub(super) module: bool,
    /// Where Numba's block starts that this one belongs to; comprehensions do not end it.
    pub(super) numba_block: usize,
    /// The block is one that Numba gives new versions of variables in.
    pub(super) renames: bool,
}

impl<'c> Sim<'c> {
    pub(super) fn new(code: &'c Code, body: Body, module: bool) -> Sim<'c> {
        let n = code.blocks.len();
        Sim {
            code,
            defined: vec![false; body.vars.len()],
            body,
            entries: vec![Entry::Unknown; n],
            block_of: vec![None; n],
            current: Block::default(),
            stack: Vec::new(),
            handler_depth: vec![0; n],
            is_handler: vec![false; n],
            refused: Vec::new(),
            merges: Vec::new(),
            undeclared: Vec::new(),
            declared: Vec::new(),
            module,
            numba_block: 0,
            renames: false,
        }
    }

    pub(super) fn run(mut self) -> Sim<'c> {
        let arrivals = self.arrivals();
        for (label, arrival) in arrivals.iter().enumerate() {
            let depth = arrival.depth.unwrap_or(0);
            if arrival.edges > 1 || !arrival.forward {
                let merge: Vec<VarId> = (0..depth).map(|_| self.temp()).collect();
                self.merges.extend(&merge);
                self.entries[label] = Entry::Merge(merge);
            }
        }
        let mut falls = false;
        for place in 0..self.code.order.len() {
            let label = self.code.order[place];
            let arrival = &arrivals[label.0 as usize];
            if arrival.depth.is_none() {
                continue;
            }
            self.enter(place, label, falls, arrival.edges);
            self.renames = self.code.block(label).instrs.iter().any(|instr| matches!(instr.op, Op::Copy(1)))
                && flow::is_backbone(self.code, place);
            falls = self.block(place, label);
        }
        self.finish();
        self
    }

    /// For each block: the depth of the stack there, and how many ways lead to it.
    fn arrivals(&mut self) -> Vec<Arrival> {
        let code = self.code;
        let n = code.blocks.len();
        let mut arrivals: Vec<Arrival> =
            (0..n).map(|_| Arrival { depth: None, edges: 0, forward: true }).collect();
        let mut place_of = vec![usize::MAX; n];
        for (place, label) in code.order.iter().enumerate() {
            place_of[label.0 as usize] = place;
        }
        let mut todo: Vec<(usize, u32)> = vec![(0, 0)];
        arrivals[code.order[0].0 as usize].depth = Some(0);
        while let Some((place, mut depth)) = todo.pop() {
            let mut edges: Vec<(Label, u32, bool)> = Vec::new();
            let instrs = &code.block(code.order[place]).instrs;
            for instr in instrs {
                let (pops, pushes) = instr.op.effect();
                let below = depth.saturating_sub(pops);
                match &instr.op {
                    Op::ForIter(to) | Op::Jump(to) => edges.push((*to, below, false)),
                    Op::JumpIf { keep, to, .. } => {
                        edges.push((*to, if *keep { depth } else { below }, false))
                    }
                    Op::TryBegin(handler) => {
                        self.handler_depth[handler.0 as usize] = depth;
                        self.is_handler[handler.0 as usize] = true;
                        edges.push((*handler, depth, true));
                    }
                    _ => {}
                }
                depth = below + pushes;
            }
            if instrs.last().is_none_or(|last| !last.op.never_falls_through())
                && let Some(next) = code.order.get(place + 1)
            {
                edges.push((*next, depth, false));
            }
            for (to, depth, handler) in edges {
                let to_place = place_of[to.0 as usize];
                let arrival = &mut arrivals[to.0 as usize];
                // A handler is reached from many points of its region.
                arrival.edges += if handler { 2 } else { 1 };
                arrival.forward &= to_place > place;
                if arrival.depth.is_none() && to_place != usize::MAX {
                    arrival.depth = Some(depth);
                    todo.push((to_place, depth));
                }
            }
        }
        arrivals
    }

    /// Starts a block, or goes on with the one before when nothing else leads here.
    fn enter(&mut self, place: usize, label: Label, falls: bool, edges: u32) {
        let previous_branches = place > 0
            && self
                .code
                .block(self.code.order[place - 1])
                .instrs
                .last()
                .is_some_and(|last| last.op.target().is_some());
        if falls && edges == 1 && !previous_branches {
            return;
        }
        if falls {
            let at = self.current.term_origin;
            self.edge(label);
            self.terminate(Terminator::Jump(BlockId(label.0)), at);
        }
        let id = BlockId(self.body.blocks.len() as u32);
        if !self.code.block(label).inlined {
            self.numba_block = self.body.blocks.len();
        }
        self.block_of[label.0 as usize] = Some(id);
        let joins = self.code.block(label).joins;
        self.stack = match std::mem::replace(&mut self.entries[label.0 as usize], Entry::Unknown) {
            Entry::Inherit(stack) => stack,
            Entry::Merge(vars) => {
                let last = vars.len().saturating_sub(1);
                let stack = vars
                    .iter()
                    .enumerate()
                    .map(|(i, var)| {
                        let origin = if i == last { joins.unwrap_or(Origin::NONE) } else { Origin::NONE };
                        Slot { value: Use { var: *var, origin }, moved: None }
                    })
                    .collect();
                self.entries[label.0 as usize] = Entry::Merge(vars);
                stack
            }
            Entry::Unknown => Vec::new(),
        };
        self.current.head = self.head(label);
    }

    fn head(&self, label: Label) -> Origin {
        self.code.block(label).instrs.first().map_or(Origin::NONE, |first| first.at.origin)
    }

    /// Runs one block. Says whether control falls out of its end; a conditional jump has then ended the block.
    fn block(&mut self, place: usize, label: Label) -> bool {
        let code = self.code;
        let next = code.order.get(place + 1).copied();
        let instrs = &code.block(label).instrs;
        if let (true, Some(first)) = (self.is_handler[label.0 as usize], instrs.first()) {
            self.check_outer(first);
        }
        for (i, instr) in instrs.iter().enumerate() {
            let at = instr.at;
            self.current.term_origin = at.origin;
            match &instr.op {
                Op::Jump(to) => {
                    self.edge(*to);
                    self.terminate(Terminator::Jump(BlockId(to.0)), at.origin);
                    return false;
                }
                Op::JumpIf { when, keep, to } => {
                    let Some(next) = next else {
                        return self.fall_off(at);
                    };
                    self.branch(*when, *keep, *to, next, at);
                    return false;
                }
                Op::ForIter(exhausted) => {
                    let Some(next) = next else {
                        return self.fall_off(at);
                    };
                    self.for_iter(*exhausted, next, at);
                    return false;
                }
                Op::Return => {
                    let value = self.pop(at);
                    self.terminate(Terminator::Return(value), at.origin);
                    return false;
                }
                Op::Raise => {
                    let value = self.pop(at);
                    self.terminate(Terminator::Raise(Some(value)), at.origin);
                    return false;
                }
                Op::Reraise => {
                    self.terminate(Terminator::Raise(None), at.origin);
                    return false;
                }
                Op::TryBegin(handler) => {
                    self.push_inst(at, InstKind::TryBegin { handler: BlockId(handler.0) });
                    self.check_exception(*handler, at, instrs.get(i + 1).map_or(at, |next| next.at));
                }
                Op::TryEnd => {
                    self.step(instr);
                    let next = next.and_then(|next| code.block(next).instrs.first());
                    if let Some(next) = instrs.get(i + 1).or(next) {
                        self.check_outer(next);
                    }
                }
                Op::Store(_) => {
                    self.step(instr);
                    if let Some(handler) = instr.protect {
                        self.check_exception(handler, at, instrs.get(i + 1).map_or(at, |next| next.at));
                    }
                }
                _ => self.step(instr),
            }
        }
        true
    }

    fn fall_off(&mut self, at: At) -> bool {
        self.terminate(Terminator::Unreachable, at.origin);
        false
    }

    /// Where a handler begins or a `try` ends inside of another one: what the inner body assigned is seen by the outer
    /// handler from here on.
    fn check_outer(&mut self, next: &Instr) {
        if let Some(outer) = next.protect {
            self.check_exception(outer, next.at, next.at);
        }
    }

    /// Ends the block with a way to the handler, so that it sees the variables as they are here.
    fn check_exception(&mut self, handler: Label, at: At, next: At) {
        let cond = self.assign_temp(Value::ExceptionCheck, at);
        let whole = self.stack.clone();
        self.stack.truncate(self.handler_depth[handler.0 as usize] as usize);
        self.edge(handler);
        self.stack = whole;
        let following = BlockId(BLOCK | (self.body.blocks.len() as u32 + 1));
        let term = Terminator::Branch { cond, then: BlockId(handler.0), orelse: following };
        self.terminate(term, at.origin);
        self.current.head = next.origin;
    }

    fn branch(&mut self, when: bool, keep: bool, to: Label, next: Label, at: At) {
        let cond = self.pop(at);
        if keep {
            self.stack.push(Slot { value: cond, moved: None });
        }
        self.edge(to);
        if keep {
            self.stack.pop();
        }
        self.edge(next);
        let (to, next) = (BlockId(to.0), BlockId(next.0));
        let (then, orelse) = if when { (to, next) } else { (next, to) };
        self.terminate(Terminator::Branch { cond, then, orelse }, at.origin);
    }

    fn for_iter(&mut self, exhausted: Label, next: Label, at: At) {
        let iter = self.pop(at);
        let pair = self.assign_temp(Value::Next(iter), at);
        let item = self.assign_temp(Value::PairFirst(pair), at);
        let cond = self.assign_temp(Value::PairSecond(pair), at);
        self.edge(exhausted);
        self.stack.push(Slot { value: iter, moved: None });
        self.stack.push(Slot { value: item, moved: None });
        self.edge(next);
        let term = Terminator::Branch { cond, then: BlockId(next.0), orelse: BlockId(exhausted.0) };
        self.terminate(term, at.origin);
    }

    /// Brings the stack to a successor.
    fn edge(&mut self, to: Label) {
        match &self.entries[to.0 as usize] {
            Entry::Merge(vars) => {
                let vars = vars.clone();
                let slots = self.stack.clone();
                for (var, slot) in vars.into_iter().zip(slots) {
                    let value = self.consume(slot);
                    let at = At { origin: value.origin, line: 0 };
                    self.push_inst(at, InstKind::Assign { dst: var, value: Value::Copy(value) });
                }
            }
            Entry::Unknown | Entry::Inherit(_) => {
                self.entries[to.0 as usize] = Entry::Inherit(self.stack.clone());
            }
        }
    }

    fn terminate(&mut self, term: Terminator, origin: Origin) {
        let mut block = std::mem::take(&mut self.current);
        block.term = term;
        block.term_origin = origin;
        self.body.blocks.push(block);
    }

    pub(super) fn temp(&mut self) -> VarId {
        self.defined.push(true);
        self.body.new_var(None)
    }

    pub(super) fn push_inst(&mut self, at: At, kind: InstKind) {
        let inst = self.body.new_inst(at.origin, kind);
        self.current.insts.push(inst);
    }

    pub(super) fn assign_temp(&mut self, value: Value, at: At) -> Use {
        let dst = self.temp();
        self.push_inst(at, InstKind::Assign { dst, value });
        Use { var: dst, origin: at.origin }
    }

    pub(super) fn push_value(&mut self, value: Value, at: At) {
        let value = self.assign_temp(value, at);
        self.stack.push(Slot { value, moved: None });
    }

    pub(super) fn refuse(&mut self, kind: RefusedKind, at: At) {
        if !self.module {
            let stage = stage(&kind);
            self.refused.push((stage, RefusedSyntax { origin: at.origin, kind }));
        }
    }

    pub(super) fn pop_slot(&mut self, at: At) -> Slot {
        match self.stack.pop() {
            Some(slot) => slot,
            // Only broken text can empty the stack.
            None => {
                self.body.broken = true;
                Slot { value: self.assign_temp(Value::Undef, at), moved: None }
            }
        }
    }

    /// Takes a value as an operand.
    pub(super) fn pop(&mut self, at: At) -> Use {
        let slot = self.pop_slot(at);
        self.consume(slot)
    }

    pub(super) fn consume(&mut self, slot: Slot) -> Use {
        let Some(var) = slot.moved else { return slot.value };
        let at = At { origin: slot.value.origin, line: 0 };
        let name = self.body.var(var).name.clone().unwrap_or_default();
        self.refuse(RefusedKind::WalrusInOperator(name), at);
        Use { var, origin: slot.value.origin }
    }

    /// Takes a value that is only passed on: to a variable, an item, an attribute, or apart.
    pub(super) fn pop_to_store(&mut self, at: At) -> Use {
        let slot = self.pop_slot(at);
        match slot.moved {
            Some(var) => Use { var, origin: slot.value.origin },
            None => slot.value,
        }
    }

    pub(super) fn pop_many(&mut self, n: u32, at: At) -> Vec<Use> {
        let mut uses: Vec<Use> = (0..n).map(|_| self.pop(at)).collect();
        uses.reverse();
        uses
    }

    /// The value this deep under the top, from 1.
    pub(super) fn peek(&mut self, depth: u32, at: At) -> Use {
        match self.stack.len().checked_sub(depth as usize) {
            Some(index) => {
                let slot = self.stack[index];
                self.consume(slot)
            }
            None => {
                self.body.broken = true;
                self.assign_temp(Value::Undef, at)
            }
        }
    }

    /// Turns labels into blocks and puts the refusals in Numba's order.
    fn finish(&mut self) {
        let resolve = |id: &mut BlockId| {
            *id = match id.0 & BLOCK {
                0 => self.block_of[id.0 as usize].unwrap_or(BlockId(0)),
                _ => BlockId(id.0 & !BLOCK),
            };
        };
        for block in &mut self.body.blocks {
            match &mut block.term {
                Terminator::Jump(to) => resolve(to),
                Terminator::Branch { then, orelse, .. } => {
                    resolve(then);
                    resolve(orelse);
                }
                _ => {}
            }
            for inst in &mut block.insts {
                if let InstKind::TryBegin { handler } = &mut inst.kind {
                    resolve(handler);
                }
            }
        }
        self.refused.sort_by_key(|(stage, _)| *stage);
        self.body.refused =
            std::mem::take(&mut self.refused).into_iter().map(|(_, refused)| refused).collect();
    }
}

/// When Numba notices: while it follows the bytecode, before or while it translates it, or later.
fn stage(kind: &RefusedKind) -> u8 {
    match kind {
        RefusedKind::ExceptAs(_) => 1,
        RefusedKind::UndefinedLocal(_) => 2,
        RefusedKind::KwArgs(_)
        | RefusedKind::DeleteVariable(_)
        | RefusedKind::With(_)
        | RefusedKind::ObjModeWithoutTypes(_)
        | RefusedKind::ObjModeUnused(_) => 3,
        RefusedKind::SetComprehension | RefusedKind::GeneratorExpression => 4,
        RefusedKind::PrintKeyword(_) => 5,
        RefusedKind::ExceptClass(_) => 6,
        RefusedKind::WalrusInOperator(_) => 7,
        _ => 0,
    }
}
