//! Which values an operation reads, and the order in which blocks are visited.

use analyzer::mono::{MonoBlockId, MonoFunction, MonoOp, MonoTerm, ValueId};

/// Calls `each` for every operand, in order.
pub(crate) fn operands(op: &MonoOp, each: &mut dyn FnMut(ValueId)) {
    match op {
        MonoOp::Param(_)
        | MonoOp::Const(_)
        | MonoOp::Undef
        | MonoOp::TryBegin { .. }
        | MonoOp::TryEnd
        | MonoOp::ExceptionCheck => {}
        MonoOp::Copy(value)
        | MonoOp::Unary { value, .. }
        | MonoOp::Field { target: value, .. }
        | MonoOp::Iter(value)
        | MonoOp::Next(value)
        | MonoOp::PairFirst(value)
        | MonoOp::PairSecond(value)
        | MonoOp::Exhaust { value, .. } => each(*value),
        MonoOp::Binary { left, right, .. }
        | MonoOp::Compare { left, right, .. }
        | MonoOp::TupleConcat(left, right)
        | MonoOp::GetItem { target: left, index: right }
        | MonoOp::DelItem { target: left, index: right }
        | MonoOp::SetField { target: left, value: right, .. } => {
            each(*left);
            each(*right);
        }
        MonoOp::SetItem { target, index, value } => {
            each(*target);
            each(*index);
            each(*value);
        }
        MonoOp::Apply { values, .. }
        | MonoOp::Call { values, .. }
        | MonoOp::Generator { values, .. }
        | MonoOp::Tuple(values)
        | MonoOp::List(values)
        | MonoOp::Set(values)
        | MonoOp::FString(values) => values.iter().copied().for_each(each),
        MonoOp::Dict(items) => {
            for (key, value) in items {
                each(*key);
                each(*value);
            }
        }
        MonoOp::Slice { start, stop, step } => {
            [start, stop, step].into_iter().flatten().copied().for_each(each)
        }
    }
}

/// Calls `each` for every value that a terminator reads.
pub(crate) fn term_operands(term: &MonoTerm, each: &mut dyn FnMut(ValueId)) {
    match term {
        MonoTerm::Jump(_) | MonoTerm::Reraise | MonoTerm::Unreachable => {}
        MonoTerm::Branch { cond, .. } => each(*cond),
        MonoTerm::Return(value) | MonoTerm::Yield { value, .. } => each(*value),
        MonoTerm::Raise { args, .. } => args.iter().copied().for_each(each),
    }
}

/// The blocks that may follow, without repetition.
pub(crate) fn successors(term: &MonoTerm) -> Vec<MonoBlockId> {
    match term {
        MonoTerm::Jump(to) | MonoTerm::Yield { resume: to, .. } => vec![*to],
        MonoTerm::Branch { then, orelse, .. } if then == orelse => vec![*then],
        MonoTerm::Branch { then, orelse, .. } => vec![*then, *orelse],
        MonoTerm::Return(_) | MonoTerm::Raise { .. } | MonoTerm::Reraise | MonoTerm::Unreachable => {
            Vec::new()
        }
    }
}

/// The reachable blocks in reverse postorder, the handlers of `try` regions included.
pub(crate) fn reverse_postorder(function: &MonoFunction) -> Vec<MonoBlockId> {
    let mut seen = vec![false; function.blocks.len()];
    let mut order = Vec::new();
    let mut stack = vec![(MonoBlockId(0), 0)];
    seen[0] = true;
    while let Some((block, next)) = stack.pop() {
        let all = all_successors(function, block);
        match all.get(next) {
            Some(&successor) => {
                stack.push((block, next + 1));
                if !std::mem::replace(&mut seen[successor.0 as usize], true) {
                    stack.push((successor, 0));
                }
            }
            None => order.push(block),
        }
    }
    order.reverse();
    order
}

/// Successors and the handlers that this block installs.
pub(crate) fn all_successors(function: &MonoFunction, block: MonoBlockId) -> Vec<MonoBlockId> {
    let block = &function.blocks[block.0 as usize];
    let mut all = successors(&block.term);
    // The last successor is visited first in reverse postorder, so that the fall-through comes next.
    all.reverse();
    for inst in &block.insts {
        if let MonoOp::TryBegin { handler } = inst.op {
            all.push(handler);
        }
    }
    all
}

/// The handlers of the `try` regions around each block's first instruction, innermost last.
pub(crate) fn handlers_at_entry(function: &MonoFunction) -> Vec<Vec<MonoBlockId>> {
    let mut at_entry: Vec<Option<Vec<MonoBlockId>>> = vec![None; function.blocks.len()];
    let mut todo = vec![(MonoBlockId(0), Vec::new())];
    while let Some((block, mut handlers)) = todo.pop() {
        // A handler runs outside of its own region.
        if let Some(own) = handlers.iter().position(|handler| *handler == block) {
            handlers.truncate(own);
        }
        let slot = &mut at_entry[block.0 as usize];
        if slot.is_some() {
            continue;
        }
        *slot = Some(handlers.clone());
        for inst in &function.blocks[block.0 as usize].insts {
            match inst.op {
                MonoOp::TryBegin { handler } => {
                    todo.push((handler, handlers.clone()));
                    handlers.push(handler);
                }
                MonoOp::TryEnd => {
                    handlers.pop();
                }
                _ => {}
            }
        }
        todo.extend(
            successors(&function.blocks[block.0 as usize].term).into_iter().map(|to| (to, handlers.clone())),
        );
    }
    at_entry.into_iter().map(Option::unwrap_or_default).collect()
}
