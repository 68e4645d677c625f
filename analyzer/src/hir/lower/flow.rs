//! Control flow, tidied as CPython 3.11 tidies it before writing bytecode.
//!
//! Branches on constants go, jumps to jumps are shortened, dead code is dropped, and the implicit `return None` is
//! copied to where it is reached. What remains decides which blocks Numba sees and where values meet.

use super::code::{Code, Instr, Label, Op};
use crate::hir::body::CmpOp;
use crate::ty::Const;

/// A block without lines that leaves the function is copied when it is not longer than this.
const MAX_COPY: usize = 4;

pub(super) fn tidy(code: &mut Code) {
    extend_to_exits(code);
    for place in 0..code.order.len() {
        simplify(code, place);
        remove_nops(code, place, None);
    }
    extend_to_exits(code);
    drop_unreachable(code);
    let mut previous = None;
    for place in 0..code.order.len() {
        remove_nops(code, place, previous);
        previous = match code.block(code.order[place]).instrs.last() {
            Some(last) if !last.op.never_falls_through() => Some(last.at.line),
            Some(_) => None,
            None => previous,
        };
    }
    skip_empty(code);
    drop_redundant_jumps(code);
    copy_exits_without_line(code);
    spread_lines(code);
    for place in 0..code.order.len() {
        remove_nops(code, place, None);
    }
    skip_empty(code);
}

fn leaves(instrs: &[Instr]) -> bool {
    instrs.last().is_some_and(|last| last.op.leaves_function())
}

fn has_line(instrs: &[Instr]) -> bool {
    instrs.iter().any(|instr| instr.at.line > 0)
}

fn extend_to_exits(code: &mut Code) {
    for label in code.order.clone() {
        let Some(Op::Jump(to)) = code.block(label).instrs.last().map(|last| &last.op) else {
            continue;
        };
        let target = &code.block(*to).instrs;
        if *to != label && leaves(target) && target.len() <= MAX_COPY && !has_line(target) {
            let copy = target.clone();
            let instrs = &mut code.block_mut(label).instrs;
            if let Some(last) = instrs.last_mut() {
                last.op = Op::Nop;
            }
            instrs.extend(copy);
        }
    }
}

/// The first block from here on that is not empty.
fn nonempty(code: &Code, from: Label) -> Option<Label> {
    let place = code.order.iter().position(|label| *label == from)?;
    code.order[place..].iter().copied().find(|label| !code.block(*label).instrs.is_empty())
}

fn after(code: &Code, label: Label) -> Option<Label> {
    let place = code.order.iter().position(|other| *other == label)?;
    code.order.get(place + 1).copied()
}

/// Peephole rewriting of one block.
fn simplify(code: &mut Code, place: usize) {
    let label = code.order[place];
    let mut i = 0;
    // Each rewriting of a jump either shortens a chain or drops a kind; the limit is for broken text only.
    let mut budget = 10_000;
    while i < code.block(label).instrs.len() && budget > 0 {
        budget -= 1;
        let again = match &code.block(label).instrs[i].op {
            Op::Const(_) => {
                none_test(code, label, i);
                fold_branch(code, label, i)
            }
            Op::Tuple(n @ 1..=3) => {
                swap_display(code, label, i, *n);
                false
            }
            Op::Jump(_) | Op::JumpIf { .. } => thread_jump(code, label, i),
            _ => false,
        };
        if matches!(code.block(label).instrs[i].op, Op::Swap(_)) {
            reorder_stores(&mut code.block_mut(label).instrs, i);
        }
        if !again {
            i += 1;
        }
    }
}

fn fold_branch(code: &mut Code, label: Label, i: usize) -> bool {
    let instrs = &mut code.block_mut(label).instrs;
    let (Op::Const(value), Some(next)) = (&instrs[i].op, instrs.get(i + 1)) else {
        return false;
    };
    let Op::JumpIf { when, keep, to } = next.op else {
        return false;
    };
    let taken = value.truth() == when;
    if !(taken && keep) {
        instrs[i].op = Op::Nop;
    }
    instrs[i + 1].op = if taken { Op::Jump(to) } else { Op::Nop };
    false
}

/// A branch on `x is None` is one instruction, which Numba reads as the test that makes it fall through.
fn none_test(code: &mut Code, label: Label, i: usize) {
    let Some([none, test, jump]) = code.block_mut(label).instrs.get_mut(i..i + 3) else {
        return;
    };
    let (
        Op::Const(Const::None),
        Op::Compare(op @ (CmpOp::Is | CmpOp::IsNot)),
        Op::JumpIf { when, keep: false, .. },
    ) = (&none.op, &mut test.op, &mut jump.op)
    else {
        return;
    };
    let jumps_on_none = (*op == CmpOp::Is) == *when;
    *op = if jumps_on_none { CmpOp::IsNot } else { CmpOp::Is };
    *when = false;
}

/// `a, b = b, a` needs no tuple.
fn swap_display(code: &mut Code, label: Label, i: usize, n: u32) {
    let instrs = &mut code.block_mut(label).instrs;
    if instrs.get(i + 1).is_some_and(|next| next.op == Op::Unpack(n)) {
        instrs[i].op = if n == 1 { Op::Nop } else { Op::Swap(n) };
        instrs[i + 1].op = Op::Nop;
    }
}

/// A swap before stores to names becomes stores in another order.
fn reorder_stores(instrs: &mut [Instr], from: usize) {
    let mut i = from;
    loop {
        match instrs[i].op {
            Op::Swap(depth) => {
                let Some(first) = next_store(instrs, i, None) else {
                    return;
                };
                let line = instrs[first].at.line;
                let mut last = first;
                for _ in 1..depth {
                    match next_store(instrs, last, Some(line)) {
                        Some(next) => last = next,
                        None => return,
                    }
                }
                let stored = |at: usize| match instrs[at].op {
                    Op::Store(var) => Some(var),
                    _ => None,
                };
                let (a, b) = (stored(first), stored(last));
                let conflict = (a.is_some() && a == b)
                    || (first + 1..last)
                        .any(|at| stored(at).is_some() && (stored(at) == a || stored(at) == b));
                if conflict {
                    return;
                }
                instrs[i].op = Op::Nop;
                instrs.swap(first, last);
            }
            Op::Nop | Op::Store(_) | Op::Pop => {}
            _ => return,
        }
        if i == 0 {
            return;
        }
        i -= 1;
    }
}

fn next_store(instrs: &[Instr], from: usize, line: Option<u32>) -> Option<usize> {
    for (at, instr) in instrs.iter().enumerate().skip(from + 1) {
        if line.is_some_and(|line| line != instr.at.line) {
            return None;
        }
        match instr.op {
            Op::Nop => {}
            Op::Store(_) | Op::Pop => return Some(at),
            _ => return None,
        }
    }
    None
}

/// Shortens a jump to a jump of the same line. Says whether the jump has to be looked at again.
fn thread_jump(code: &mut Code, label: Label, i: usize) -> bool {
    let instr = &code.block(label).instrs[i];
    let Some(first) = instr.op.target().and_then(|to| nonempty(code, to)) else {
        return false;
    };
    let target = &code.block(first).instrs[0];
    let mut op = instr.op.clone();
    if let Some(to) = op.target_mut() {
        *to = first;
    }
    let same_line = instr.at.line == target.at.line;
    let moved = match (&op, &target.op) {
        (Op::Jump(_), Op::Jump(to)) => Some(Op::Jump(*to)),
        (Op::JumpIf { when, keep, .. }, Op::Jump(to)) => {
            Some(Op::JumpIf { when: *when, keep: *keep, to: *to })
        }
        (Op::JumpIf { when, keep: true, .. }, Op::JumpIf { when: other, keep, to }) if when == other => {
            Some(Op::JumpIf { when: *when, keep: *keep, to: *to })
        }
        // The next test would go the other way: jump to what follows it, and leave nothing.
        (Op::JumpIf { when, keep: true, .. }, Op::JumpIf { .. }) => {
            after(code, first).map(|to| Op::JumpIf { when: *when, keep: false, to })
        }
        _ => None,
    };
    let changed = match moved {
        Some(moved) if same_line && moved != op && moved.target() != op.target() => {
            op = moved;
            true
        }
        _ => false,
    };
    code.block_mut(label).instrs[i].op = op;
    changed
}

fn remove_nops(code: &mut Code, place: usize, mut previous: Option<u32>) {
    let label = code.order[place];
    if !code.block(label).instrs.iter().any(|instr| matches!(instr.op, Op::Nop)) {
        return;
    }
    let following = code.order[place + 1..]
        .iter()
        .find_map(|next| code.block(*next).instrs.first())
        .map(|first| first.at.line);
    let mut instrs = std::mem::take(&mut code.block_mut(label).instrs);
    let mut kept: Vec<Instr> = Vec::with_capacity(instrs.len());
    for i in 0..instrs.len() {
        let (at, line) = (instrs[i].at, instrs[i].at.line);
        if matches!(instrs[i].op, Op::Nop) {
            if line == 0 || previous == Some(line) {
                continue;
            }
            match instrs.get_mut(i + 1) {
                Some(next) if next.at.line == 0 || next.at.line == line => {
                    next.at = if next.at.line == 0 { at } else { next.at };
                    continue;
                }
                None if following == Some(line) => continue,
                _ => {}
            }
        }
        previous = Some(line);
        let instr = &mut instrs[i];
        kept.push(Instr { op: std::mem::replace(&mut instr.op, Op::Nop), ..*instr });
    }
    code.block_mut(label).instrs = kept;
}

fn drop_unreachable(code: &mut Code) {
    let mut reached = vec![false; code.blocks.len()];
    let mut todo = vec![code.order[0]];
    while let Some(label) = todo.pop() {
        if std::mem::replace(&mut reached[label.0 as usize], true) {
            continue;
        }
        let instrs = &code.block(label).instrs;
        for instr in instrs {
            todo.extend(instr.op.target());
            if let Op::TryBegin(handler) = instr.op {
                todo.push(handler);
            }
        }
        if instrs.last().is_none_or(|last| !last.op.never_falls_through()) {
            todo.extend(after(code, label));
        }
    }
    for (block, reached) in code.blocks.iter_mut().zip(reached) {
        if !reached {
            block.instrs.clear();
        }
    }
}

/// Takes empty blocks out of the order; what led to them leads to the next.
fn skip_empty(code: &mut Code) {
    let mut forward: Vec<Label> = (0..code.blocks.len() as u32).map(Label).collect();
    let mut next = None;
    for label in code.order.clone().into_iter().rev() {
        if code.block(label).instrs.is_empty() {
            if let Some(next) = next {
                forward[label.0 as usize] = next;
                if code.block(next).joins.is_none() {
                    code.block_mut(next).joins = code.block(label).joins;
                }
            }
        } else {
            next = Some(label);
        }
    }
    for block in &mut code.blocks {
        for instr in &mut block.instrs {
            if let Some(to) = instr.op.target_mut() {
                *to = forward[to.0 as usize];
            }
            if let Op::TryBegin(handler) = &mut instr.op {
                *handler = forward[handler.0 as usize];
            }
            if let Some(handler) = &mut instr.protect {
                *handler = forward[handler.0 as usize];
            }
        }
    }
    let Code { blocks, order, .. } = code;
    order.retain(|label| !blocks[label.0 as usize].instrs.is_empty());
}

fn drop_redundant_jumps(code: &mut Code) {
    for place in 0..code.order.len() {
        let next = code.order.get(place + 1).copied();
        let label = code.order[place];
        if let Some(last) = code.block_mut(label).instrs.last_mut()
            && matches!(last.op, Op::Jump(to) if Some(to) == next)
        {
            last.op = Op::Nop;
        }
    }
}

/// How many ways lead to each block.
fn arrivals(code: &Code) -> Vec<u32> {
    let mut arrivals = vec![0; code.blocks.len()];
    for (place, label) in code.order.iter().enumerate() {
        let instrs = &code.block(*label).instrs;
        for instr in instrs {
            let handler = match instr.op {
                Op::TryBegin(handler) => Some(handler),
                _ => None,
            };
            instr.op.target().into_iter().chain(handler).for_each(|to| arrivals[to.0 as usize] += 1);
        }
        if instrs.last().is_none_or(|last| !last.op.never_falls_through())
            && let Some(next) = code.order.get(place + 1)
        {
            arrivals[next.0 as usize] += 1;
        }
    }
    arrivals
}

/// What has no line takes that of what comes before it, also over a way that is the only one.
fn spread_lines(code: &mut Code) {
    let arrivals = arrivals(code);
    for place in 0..code.order.len() {
        let label = code.order[place];
        let mut last = None;
        for instr in &mut code.block_mut(label).instrs {
            match last {
                Some(at) if instr.at.line == 0 => instr.at = at,
                _ => last = Some(instr.at),
            }
        }
        let (Some(at), Some(end)) = (last, code.block(label).instrs.last()) else {
            continue;
        };
        let falls = !end.op.never_falls_through();
        let next = code.order.get(place + 1).copied().filter(|_| falls);
        for to in end.op.target().into_iter().chain(next) {
            if arrivals[to.0 as usize] == 1
                && let Some(first) = code.block_mut(to).instrs.first_mut()
                && first.at.line == 0
            {
                first.at = at;
            }
        }
    }
    // What is left belongs to the line before it in the text of the bytecode.
    let mut last = None;
    for label in code.order.clone() {
        for instr in &mut code.block_mut(label).instrs {
            match last {
                Some(at) if instr.at.line == 0 => instr.at = at,
                _ => last = Some(instr.at),
            }
        }
    }
}

/// The implicit `return None` reached by several jumps: each gets its own.
fn copy_exits_without_line(code: &mut Code) {
    let mut arrivals = arrivals(code);
    // The blocks made last come first, so that the copies stand in the order of the jumps.
    let mut labels = code.order.clone();
    labels.sort_unstable_by(|a, b| b.cmp(a));
    for label in labels {
        let Some(last) = code.block(label).instrs.last() else {
            continue;
        };
        let (Some(to), at) = (last.op.target(), last.at) else {
            continue;
        };
        let target = &code.block(to).instrs;
        if arrivals[to.0 as usize] < 2 || !leaves(target) || has_line(target) {
            continue;
        }
        let copied = target.clone();
        arrivals[to.0 as usize] -= 1;
        let copy = code.new_block();
        code.block_mut(copy).instrs = copied;
        for instr in &mut code.block_mut(copy).instrs {
            instr.at = at;
        }
        if let Some(last) = code.block_mut(label).instrs.last_mut()
            && let Some(target) = last.op.target_mut()
        {
            *target = copy;
        }
        let place =
            code.order.iter().position(|other| *other == to).map_or(code.order.len(), |place| place + 1);
        code.order.insert(place, copy);
    }
}

/// Whether every way through the function passes this block, once. Broken text aside, there Numba gives each
/// assignment a version of its own.
pub(super) fn is_backbone(code: &Code, place: usize) -> bool {
    let own = code.order[place];
    let successors = |place: usize| {
        let instrs = &code.block(code.order[place]).instrs;
        let mut next: Vec<Label> = Vec::new();
        for instr in instrs {
            next.extend(instr.op.target());
            if let Op::TryBegin(handler) = instr.op {
                next.push(handler);
            }
        }
        if instrs.last().is_none_or(|last| !last.op.never_falls_through()) {
            next.extend(code.order.get(place + 1));
        }
        next
    };
    let mut place_of = vec![usize::MAX; code.blocks.len()];
    for (place, label) in code.order.iter().enumerate() {
        place_of[label.0 as usize] = place;
    }
    // What can be reached from `from` without going through this block.
    let reach = |from: Vec<Label>| {
        let mut reached = vec![false; code.blocks.len()];
        let mut todo = from;
        while let Some(label) = todo.pop() {
            let place = place_of[label.0 as usize];
            if !std::mem::replace(&mut reached[label.0 as usize], true) && label != own && place != usize::MAX
            {
                todo.extend(successors(place));
            }
        }
        reached
    };
    let in_loop = reach(successors(place))[own.0 as usize];
    let around = reach(vec![code.order[0]]);
    let leaves_around = code
        .order
        .iter()
        .any(|label| *label != own && around[label.0 as usize] && leaves(&code.block(*label).instrs));
    !in_loop && !leaves_around
}
