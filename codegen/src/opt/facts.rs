//! What is known about values before anything is lowered: constants, how often they are read, and which integers
//! cannot be negative.

use analyzer::mono::{BinaryOp, Const, IntTy, MonoFunction, MonoIter, MonoOp, MonoTy, Op, ValueId};

use super::uses::{operands, term_operands};

/// Facts by [`ValueId`].
pub(crate) struct Facts {
    pub(crate) uses: Vec<u32>,
    pub(crate) consts: Vec<Option<Const>>,
    /// The value is never negative: indexing with it needs no wrap-around.
    pub(crate) nonneg: Vec<bool>,
    /// The value is at least this.
    least: Vec<Option<i128>>,
    /// For ranges and their iterators: the step, where it is constant.
    pub(crate) range_step: Vec<Option<i64>>,
    /// Iterators are one mutable state under several names: the first name.
    pub(crate) root: Vec<ValueId>,
}

impl Facts {
    pub(crate) fn of(function: &MonoFunction) -> Facts {
        let n = function.values.len();
        let mut facts = Facts {
            uses: vec![0; n],
            consts: vec![None; n],
            nonneg: vec![false; n],
            least: vec![None; n],
            range_step: vec![None; n],
            root: (0..n).map(|id| ValueId(id as u32)).collect(),
        };
        facts.count_uses(function);
        facts.find_consts(function);
        facts.find_roots(function);
        facts.find_steps(function);
        // Definitions come before uses in the order of blocks often enough for two rounds.
        facts.find_least(function);
        facts.find_least(function);
        facts.find_nonneg(function);
        facts
    }

    pub(crate) fn int(&self, value: ValueId) -> Option<i128> {
        match &self.consts[value.0 as usize] {
            Some(Const::Int(int)) => Some(int.get()),
            Some(Const::Bool(flag)) => Some(i128::from(*flag)),
            _ => None,
        }
    }

    fn count_uses(&mut self, function: &MonoFunction) {
        let mut each = |value: ValueId| self.uses[value.0 as usize] += 1;
        for block in &function.blocks {
            block.phis.iter().flat_map(|phi| &phi.inputs).for_each(|(_, value)| each(*value));
            block.insts.iter().for_each(|inst| operands(&inst.op, &mut each));
            term_operands(&block.term, &mut each);
        }
    }

    /// Follows copies; definitions come before uses in the order of blocks often enough for two rounds.
    fn find_consts(&mut self, function: &MonoFunction) {
        for _ in 0..2 {
            for inst in function.blocks.iter().flat_map(|block| &block.insts) {
                let Some(dst) = inst.dst else { continue };
                let found = match &inst.op {
                    MonoOp::Const(value) => Some(value.clone()),
                    MonoOp::Copy(from) => self.consts[from.0 as usize].clone(),
                    MonoOp::Unary { op: analyzer::mono::UnaryOp::Neg, value, .. } => {
                        self.int(*value).map(|int| Const::int(-int))
                    }
                    _ => None,
                };
                self.consts[dst.0 as usize] = found;
            }
        }
    }

    fn find_roots(&mut self, function: &MonoFunction) {
        for inst in function.blocks.iter().flat_map(|block| &block.insts) {
            if let (Some(dst), MonoOp::Iter(from) | MonoOp::Copy(from)) = (inst.dst, &inst.op)
                && matches!(function.values[from.0 as usize].ty, MonoTy::Iter(_))
            {
                self.root[dst.0 as usize] = self.root[from.0 as usize];
            }
        }
    }

    fn find_steps(&mut self, function: &MonoFunction) {
        for inst in function.blocks.iter().flat_map(|block| &block.insts) {
            let Some(dst) = inst.dst else { continue };
            self.range_step[dst.0 as usize] = match &inst.op {
                MonoOp::Apply { op: Op::Range | Op::Prange, values, .. } => match values.get(2) {
                    None => Some(1),
                    Some(step) => self.int(*step).and_then(|step| i64::try_from(step).ok()),
                },
                MonoOp::Iter(from) | MonoOp::Copy(from) => self.range_step[from.0 as usize],
                _ => None,
            };
        }
    }

    /// Assumes that every candidate holds, then drops those that contradict, until nothing changes. As in Numba's
    /// own code, signed arithmetic on indices is taken not to overflow.
    fn find_nonneg(&mut self, function: &MonoFunction) {
        let ints = |value: &ValueId| matches!(function.values[value.0 as usize].ty, MonoTy::Int(_));
        for (id, value) in function.values.iter().enumerate() {
            self.nonneg[id] = matches!(value.ty, MonoTy::Int(_) | MonoTy::Bool | MonoTy::Range(_))
                || matches!(&value.ty, MonoTy::Iter(iter) if matches!(**iter, MonoIter::Range(_)))
                || matches!(&value.ty, MonoTy::Pair(item) if matches!(**item, MonoTy::Int(_)));
        }
        // Nothing is known of what a caller passes.
        for param in &function.params {
            self.nonneg[param.0 as usize] = false;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for block in &function.blocks {
                for phi in &block.phis {
                    let holds =
                        phi.inputs.iter().all(|(_, value)| self.nonneg[value.0 as usize] && ints(value));
                    changed |= self.keep_nonneg(phi.dst, holds);
                }
                for inst in &block.insts {
                    if let Some(dst) = inst.dst {
                        let holds = self.op_nonneg(function, dst, &inst.op);
                        changed |= self.keep_nonneg(dst, holds);
                    }
                }
            }
        }
    }

    fn keep_nonneg(&mut self, value: ValueId, holds: bool) -> bool {
        let fact = &mut self.nonneg[value.0 as usize];
        let changed = *fact && !holds;
        *fact &= holds;
        changed
    }

    fn op_nonneg(&self, function: &MonoFunction, dst: ValueId, op: &MonoOp) -> bool {
        if let MonoTy::Int(IntTy::U8 | IntTy::U16 | IntTy::U32) = function.values[dst.0 as usize].ty {
            return true;
        }
        let is = |value: &ValueId| self.nonneg[value.0 as usize];
        match op {
            MonoOp::Const(Const::Int(int)) => int.get() >= 0,
            MonoOp::Const(Const::Bool(_)) => true,
            MonoOp::Copy(from) => is(from) && from_int(function, *from),
            MonoOp::Iter(from) | MonoOp::Next(from) | MonoOp::PairFirst(from) => is(from),
            MonoOp::Binary { op, left, right, .. } => match op {
                BinaryOp::Add | BinaryOp::Mult | BinaryOp::FloorDiv | BinaryOp::BitOr => {
                    is(left) && is(right)
                }
                BinaryOp::RShift => is(left),
                BinaryOp::Sub => match self.int(*right) {
                    Some(less) if less >= 0 => self.least(*left).is_some_and(|least| least >= less),
                    _ => false,
                },
                BinaryOp::Mod => self.int(*right).is_some_and(|int| int > 0) || is(right),
                BinaryOp::BitAnd => is(left) || is(right),
                _ => false,
            },
            MonoOp::Apply { op: Op::Len | Op::ArraySize, .. } => true,
            MonoOp::Field { target, .. } => self.is_shape(function, *target),
            MonoOp::Apply { op: Op::Range | Op::Prange, values, .. } => match values.as_slice() {
                [_] => true,
                [start, _] => is(start),
                [start, stop, step] => match self.int(*step) {
                    Some(step) if step > 0 => is(start),
                    Some(_) => self.int(*stop).is_some_and(|stop| stop >= -1) && is(start),
                    None => is(start) && is(step),
                },
                _ => false,
            },
            MonoOp::Apply { op: Op::Min | Op::Max, values, .. } => values.iter().all(is),
            _ => false,
        }
    }

    /// A bound below a value that never changes once it is made: the start of a range, for what it yields.
    fn least(&self, value: ValueId) -> Option<i128> {
        self.int(value).or(self.least[value.0 as usize])
    }

    /// Follows ranges to their items; what is known of the start of a range that counts up holds for all of them.
    fn find_least(&mut self, function: &MonoFunction) {
        for inst in function.blocks.iter().flat_map(|block| &block.insts) {
            let Some(dst) = inst.dst else { continue };
            self.least[dst.0 as usize] = match &inst.op {
                MonoOp::Apply { op: Op::Range | Op::Prange, values, .. } => {
                    match (values.as_slice(), self.range_step[dst.0 as usize]) {
                        ([_], _) => Some(0),
                        ([start, ..], Some(step)) if step > 0 => self.least(*start),
                        _ => None,
                    }
                }
                MonoOp::Copy(from) | MonoOp::Iter(from) | MonoOp::Next(from) | MonoOp::PairFirst(from) => {
                    self.least[from.0 as usize]
                }
                MonoOp::Binary { op: BinaryOp::Add, left, right, .. } => {
                    match (self.least(*left), self.least(*right)) {
                        (Some(a), Some(b)) => a.checked_add(b),
                        _ => None,
                    }
                }
                _ => None,
            };
        }
    }

    /// Whether the value is `array.shape`.
    fn is_shape(&self, function: &MonoFunction, value: ValueId) -> bool {
        function.blocks.iter().flat_map(|block| &block.insts).any(|inst| {
            inst.dst == Some(value)
                && match &inst.op {
                    MonoOp::Apply { op: Op::ArrayShape, .. } => true,
                    MonoOp::Copy(from) | MonoOp::Exhaust { value: from, .. } if *from != value => {
                        self.is_shape(function, *from)
                    }
                    _ => false,
                }
        })
    }
}

fn from_int(function: &MonoFunction, value: ValueId) -> bool {
    matches!(
        function.values[value.0 as usize].ty,
        MonoTy::Int(_) | MonoTy::Range(_) | MonoTy::Iter(_) | MonoTy::Pair(_)
    )
}
