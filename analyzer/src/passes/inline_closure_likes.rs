//! Calls of inner functions become part of the function that makes them.
//!
//! A call is inlined if its callee is the one definition of its variable, through copies. A function that escapes
//! (is passed, returned or stored) stays a value. After any inlining, assignments that nothing needs are removed
//! and blocks put in topological order, as Numba does only then.

use std::sync::Arc;

use super::blocks::{self, remove_unreachable};
use super::dead_code_elimination::dead_code_elimination;
use super::definitions::Definitions;
use super::rename_redefined::rename_redefined;
use super::{Env, cfg::Cfg};
use crate::hir::body::{
    Block, BlockId, Body, Call, DefaultValue, InnerFunction, Inst, InstId, InstKind, Origin, Param, ParamKind,
    RefusedKind, RefusedSyntax, Terminator, Use, Value, Var, VarId,
};
use crate::ty::Name;

/// More inlining than this is two functions that call each other through their arguments.
const MAX_INLINED: u32 = 500;

/// Inlines every direct call of an inner function. Says whether there was one; a comprehension is one.
pub fn inline_closure_likes(body: &mut Body, env: &dyn Env) -> bool {
    let mut inlined = body.comprehensions;
    if !body.functions.is_empty() {
        keep_captures(body);
        inlined |= inline_calls(body, env);
    }
    if inlined {
        remove_unreachable(body);
        merge_adjacent_blocks(body);
        dead_code_elimination(body, env);
        sort_blocks(body);
    }
    inlined
}

/// Copies each captured variable where the function is made: that is the value the function sees.
fn keep_captures(body: &mut Body) {
    for b in 0..body.blocks.len() {
        let mut i = 0;
        while i < body.blocks[b].insts.len() {
            let inst = &body.blocks[b].insts[i];
            let origin = inst.origin;
            let InstKind::Assign { value: Value::MakeFunction(_, captures), .. } = &inst.kind else {
                i += 1;
                continue;
            };
            let mut kept = captures.clone();
            let mut copies = Vec::new();
            for (_, used) in &mut kept {
                let dst = body.new_var(None);
                copies.push(body.new_inst(origin, InstKind::Assign { dst, value: Value::Copy(*used) }));
                used.var = dst;
            }
            if let InstKind::Assign { value: Value::MakeFunction(_, captures), .. } = &mut body.blocks[b].insts[i].kind {
                *captures = kept;
            }
            let n = copies.len();
            body.blocks[b].insts.splice(i..i, copies);
            i += n + 1;
        }
    }
}

fn inline_calls(body: &mut Body, env: &dyn Env) -> bool {
    let mut todo: Vec<usize> = (0..body.blocks.len()).collect();
    let mut defs = Definitions::new(body);
    let mut n_inlined = 0;
    while let Some(b) = todo.pop() {
        let Some((i, site)) = (0..body.blocks[b].insts.len()).find_map(|i| Some((i, find_site(body, &defs, b, i)?)))
        else {
            continue;
        };
        match site {
            Site::Refused(kind) => {
                let origin = body.blocks[b].insts[i].origin;
                body.refused.push(RefusedSyntax { origin, kind });
                return n_inlined > 0;
            }
            Site::Call { function, args, captures } if n_inlined < MAX_INLINED => {
                let old = body.blocks.len();
                inline(body, (b, i), &function, args, captures, env);
                todo.extend(old..body.blocks.len());
                defs = Definitions::new(body);
                n_inlined += 1;
            }
            Site::Call { .. } => {}
        }
    }
    n_inlined > 0
}

/// What a parameter of an inlined function becomes.
enum Actual {
    Given(Use),
    Default(DefaultValue),
}

enum Site {
    Call { function: Arc<InnerFunction>, args: Vec<Actual>, captures: Vec<(Name, Use)> },
    Refused(RefusedKind),
}

/// What there is to inline at an instruction.
fn find_site(body: &Body, defs: &Definitions, b: usize, i: usize) -> Option<Site> {
    let InstKind::Assign { value: Value::Call(call), .. } = &body.blocks[b].insts[i].kind else { return None };
    let Some(Value::MakeFunction(index, captures)) = defs.value(body, call.func.var) else { return None };
    let function = body.functions.get(*index as usize)?;
    if let Some(refused) = function.body.refused.first() {
        return Some(Site::Refused(refused.kind.clone()));
    }
    if function.body.is_generator {
        return Some(Site::Refused(RefusedKind::Other("the use of yield in a closure".into())));
    }
    if call.star.is_some() {
        return Some(Site::Refused(RefusedKind::Other("calling a closure with *args".into())));
    }
    match actuals(&function.body.params, call) {
        Ok(args) => Some(Site::Call { function: Arc::clone(function), args, captures: captures.clone() }),
        Err(refused) => refused.map(Site::Refused),
    }
}

/// The value of each parameter. Numba appends all defaults to the positional arguments, whichever are given, and
/// does not look at keywords. An error without a kind is a call to leave alone.
fn actuals(params: &[Param], call: &Call) -> Result<Vec<Actual>, Option<RefusedKind>> {
    if params.iter().any(|param| param.kind != ParamKind::Positional) {
        return Err(None);
    }
    let given = call.args.iter().copied().map(Actual::Given);
    let defaults = params.iter().filter_map(|param| param.default.clone()).map(Actual::Default);
    let mut args: Vec<Actual> = given.chain(defaults).collect();
    if args.len() < params.len() {
        return Err(Some(RefusedKind::Other("a call of a closure by keyword, or with too few arguments".into())));
    }
    args.truncate(params.len());
    if args.iter().any(|arg| matches!(arg, Actual::Default(DefaultValue::Other))) {
        return Err(None);
    }
    Ok(args)
}

/// Puts the function's blocks at the end of the body and the rest of the block of the call after them.
fn inline(
    body: &mut Body,
    (b, i): (usize, usize),
    function: &InnerFunction,
    args: Vec<Actual>,
    captures: Vec<(Name, Use)>,
    env: &dyn Env,
) {
    let mut callee = function.body.clone();
    rename_redefined(&mut callee);
    inline_closure_likes(&mut callee, env);
    body.refused.append(&mut callee.refused);
    body.broken |= callee.broken;

    let block = &mut body.blocks[b];
    let rest_insts = block.insts.split_off(i + 1);
    let Some(Inst { origin, kind: InstKind::Assign { dst, .. }, .. }) = block.insts.pop() else { return };
    let rest = Block {
        insts: rest_insts,
        term: std::mem::take(&mut block.term),
        term_origin: block.term_origin,
        head: origin,
    };
    let first = body.blocks.len() as u32;
    let after = BlockId(first + callee.blocks.len() as u32);
    let block = &mut body.blocks[b];
    block.term = Terminator::Jump(BlockId(first));
    block.term_origin = origin;

    let mut splice = Splice {
        var_offset: body.vars.len() as u32,
        inst_offset: body.n_insts,
        function_offset: body.functions.len() as u32,
        block_offset: first,
        result: dst,
        after,
        origin,
        args,
        captures,
    };
    let prefix = function.name.trim_matches(['<', '>']);
    body.vars.extend(callee.vars.into_iter().map(|var| Var {
        name: var.name.map(|name| format!("{prefix}.{name}").into()),
        version: var.version,
    }));
    body.n_insts += callee.n_insts;
    body.functions.append(&mut callee.functions);
    for block in callee.blocks {
        let block = splice.block(body, block);
        body.blocks.push(block);
    }
    body.blocks.push(rest);
}

struct Splice {
    var_offset: u32,
    inst_offset: u32,
    function_offset: u32,
    block_offset: u32,
    result: VarId,
    after: BlockId,
    origin: Origin,
    args: Vec<Actual>,
    captures: Vec<(Name, Use)>,
}

impl Splice {
    fn block(&mut self, body: &mut Body, mut block: Block) -> Block {
        let mut insts = Vec::with_capacity(block.insts.len());
        for mut inst in block.insts {
            inst.id = InstId(inst.id.0 + self.inst_offset);
            self.inst(body, &mut inst, &mut insts);
            insts.push(inst);
        }
        block.insts = insts;
        let mut term = std::mem::take(&mut block.term);
        term.uses_mut(&mut |used| used.var.0 += self.var_offset);
        match &mut term {
            Terminator::Return(value) => {
                let kind = InstKind::Assign { dst: self.result, value: Value::Copy(*value) };
                block.insts.push(body.new_inst(self.origin, kind));
                term = Terminator::Jump(self.after);
            }
            Terminator::Jump(to) => to.0 += self.block_offset,
            Terminator::Branch { then, orelse, .. } => {
                then.0 += self.block_offset;
                orelse.0 += self.block_offset;
            }
            Terminator::Raise(_) | Terminator::Unreachable => {}
        }
        block.term = term;
        block
    }

    fn inst(&mut self, body: &mut Body, inst: &mut Inst, before: &mut Vec<Inst>) {
        let offset = self.var_offset;
        inst.kind.uses_mut(&mut |used| used.var.0 += offset);
        match &mut inst.kind {
            InstKind::Assign { dst, value } => {
                dst.0 += offset;
                self.value(body, value, before);
            }
            InstKind::ObjMode { outputs, .. } => outputs.iter_mut().for_each(|(var, _)| var.0 += offset),
            InstKind::TryBegin { handler } => handler.0 += self.block_offset,
            _ => {}
        }
    }

    fn value(&mut self, body: &mut Body, value: &mut Value, before: &mut Vec<Inst>) {
        match value {
            Value::Param(index) => {
                if let Some(actual) = self.args.get(*index as usize) {
                    *value = match actual {
                        Actual::Given(used) => Value::Copy(*used),
                        Actual::Default(default) => default_value(body, default, self.origin, before),
                    };
                }
            }
            Value::Free(name) => {
                if let Some((_, used)) = self.captures.iter().find(|(captured, _)| captured == name) {
                    *value = Value::Copy(*used);
                }
            }
            Value::MakeFunction(index, _) => *index += self.function_offset,
            Value::Phi(inputs) => inputs.iter_mut().for_each(|(from, _)| from.0 += self.block_offset),
            _ => {}
        }
    }
}

/// A default is evaluated where the function is made; a name in it is a variable there or comes from outside.
fn default_value(body: &mut Body, default: &DefaultValue, origin: Origin, before: &mut Vec<Inst>) -> Value {
    match default {
        DefaultValue::Const(value) => Value::Const(value.clone()),
        DefaultValue::Other => Value::Undef,
        DefaultValue::Global(path) => {
            let mut parts = path.split('.');
            let root = parts.next().unwrap_or_default();
            let local = body.vars.iter().position(|var| var.name.as_deref() == Some(root));
            let mut value = match local {
                Some(index) => Value::Copy(Use { var: VarId(index as u32), origin }),
                None => Value::Global(root.into()),
            };
            for attr in parts {
                let dst = body.new_var(None);
                before.push(body.new_inst(origin, InstKind::Assign { dst, value }));
                value = Value::Attr(Use { var: dst, origin }, attr.into());
            }
            value
        }
    }
}

/// Joins a block with the only one that follows it, if nothing else leads there.
fn merge_adjacent_blocks(body: &mut Body) {
    let cfg = Cfg::new(body);
    let is_handler = |body: &Body, id: BlockId| {
        let insts = body.blocks.iter().flat_map(|block| &block.insts);
        insts.into_iter().any(|inst| matches!(inst.kind, InstKind::TryBegin { handler } if handler == id))
    };
    let mut merged = vec![false; body.blocks.len()];
    for b in 0..body.blocks.len() {
        if merged[b] {
            continue;
        }
        let mut last = b as u32;
        while let Terminator::Jump(next) = body.blocks[b].term {
            let n = next.0 as usize;
            if next.0 == 0 || merged[n] || cfg.preds[n][..] != [last] || is_handler(body, next) {
                break;
            }
            let block = std::mem::take(&mut body.blocks[n]);
            merged[n] = true;
            let into = &mut body.blocks[b];
            into.insts.extend(block.insts);
            into.term = block.term;
            into.term_origin = block.term_origin;
            last = next.0;
        }
    }
    remove_unreachable(body);
}

/// Puts blocks in topological order, the taken side of a branch first and the block that returns last.
fn sort_blocks(body: &mut Body) {
    let cfg = Cfg::new(body);
    let n = body.blocks.len();
    let mut order: Vec<u32> = Vec::with_capacity(n);
    let mut state = vec![0u8; n];
    let mut stack = vec![0u32];
    while let Some(node) = stack.last().copied() {
        let place = node as usize;
        if state[place] == 0 {
            state[place] = 1;
            for BlockId(to) in body.blocks[place].term.successors() {
                if state[to as usize] == 0 && !cfg.dominates(to, node) {
                    stack.push(to);
                }
            }
        } else {
            stack.pop();
            if state[place] == 1 {
                state[place] = 2;
                order.push(node);
            }
        }
    }
    order.extend((0..n as u32).filter(|block| state[*block as usize] == 0));
    order.reverse();
    order.sort_by_key(|block| state[*block as usize] == 0);
    let returns = |block: &u32| matches!(body.blocks[*block as usize].term, Terminator::Return(_));
    if let Some(last) = (0..n as u32).rev().find(returns).filter(|last| *last != 0) {
        order.retain(|block| *block != last);
        order.push(last);
    }
    let mut place = vec![0u32; n];
    for (new, old) in order.iter().zip(0..).map(|(old, new)| (new, old)) {
        place[*old as usize] = new;
    }
    let mut old: Vec<Option<Block>> = std::mem::take(&mut body.blocks).into_iter().map(Some).collect();
    body.blocks = order.iter().filter_map(|block| old[*block as usize].take()).collect();
    blocks::renumber(body, |id| place.get(id.0 as usize).map(|place| BlockId(*place)));
}
