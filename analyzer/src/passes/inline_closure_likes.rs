//! Calls of inner functions become part of the function that makes them.
//!
//! A call is inlined if its callee is the one definition of its variable, through copies. A function that escapes
//! (is passed, returned or stored) stays a value. After any inlining, assignments that nothing needs are removed
//! and blocks put in topological order, as Numba does only then.

mod reduce;

use std::sync::Arc;

use super::blocks::{self, remove_unreachable};
use super::dead_code_elimination::dead_code_elimination;
use super::definitions::Definitions;
use super::inline_arraycall::inline_arraycalls;
use super::rename_redefined::rename_redefined;
use super::{Env, Fact, cfg::Cfg, refused};
use crate::hir::body::{
    Block, BlockId, Body, Call, DefaultValue, InnerFunction, Inst, InstId, InstKind, Origin, Param,
    ParamKind, RefusedKind, RefusedSyntax, Terminator, Use, Value, Var, VarId,
};
use crate::ty::Name;

/// More inlining than this is two functions that call each other through their arguments.
const MAX_INLINED: u32 = 500;

/// Inlines every direct call of an inner function. Says whether there was one; a comprehension is one.
pub fn inline_closure_likes(body: &mut Body, env: &dyn Env) -> bool {
    let mut inlined = body.comprehensions;
    if !body.functions.is_empty() || mentions_reduce(body, env) {
        inlined |= inline_calls(body, env);
    }
    if inlined {
        remove_unreachable(body);
        merge_adjacent_blocks(body);
    }
    inlined |= inline_arraycalls(body, env);
    if inlined {
        dead_code_elimination(body, env);
        refused::forget_unread(body);
        sort_blocks(body);
    }
    inlined
}

fn inline_calls(body: &mut Body, env: &dyn Env) -> bool {
    let mut todo: Vec<usize> = (0..body.blocks.len()).collect();
    let mut defs = Definitions::new(body);
    let mut n_inlined = 0;
    while let Some(b) = todo.pop() {
        let Some((i, site)) =
            (0..body.blocks[b].insts.len()).find_map(|i| Some((i, find_site(body, &defs, (b, i), env)?)))
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

/// Whether a refusal goes away when a function becomes part of another: its `del` statements do, and its `**kwargs` is
/// a parameter as any.
fn is_lost(refused: &RefusedKind) -> bool {
    matches!(refused, RefusedKind::DeleteVariable(_) | RefusedKind::KwArgs(_))
}

/// What there is to inline at an instruction.
fn find_site(body: &Body, defs: &Definitions, (b, i): (usize, usize), env: &dyn Env) -> Option<Site> {
    let inst = &body.blocks[b].insts[i];
    let InstKind::Assign { value: Value::Call(call), .. } = &inst.kind else { return None };
    if is_reduction(body, defs, call, env) {
        let function = reduce::reduce(inst.origin);
        let args = actuals(&function.body.params, call).ok()?;
        return Some(Site::Call { function, args, captures: Vec::new() });
    }
    let Some(Value::MakeFunction(index, captures)) = defs.value(body, call.func.var) else { return None };
    let function = body.functions.get(*index as usize)?;
    let mut refused = function.body.refused.iter().filter(|refused| !is_lost(&refused.kind));
    if let Some(refused) = refused.find(|refused| !refused.kind.is_met_by_typing()) {
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

fn mentions_reduce(body: &Body, env: &dyn Env) -> bool {
    body.blocks.iter().flat_map(|block| &block.insts).any(|inst| match &inst.kind {
        InstKind::Assign { value, .. } => is_reduce(Some(value), env),
        _ => false,
    })
}

/// `functools.reduce` with a function of two parameters that can be seen.
fn is_reduction(body: &Body, defs: &Definitions, call: &Call, env: &dyn Env) -> bool {
    let [func, rest @ ..] = &call.args[..] else { return false };
    if rest.is_empty() || rest.len() > 2 || !call.kwargs.is_empty() || call.star.is_some() {
        return false;
    }
    let binary = match defs.value(body, func.var) {
        Some(Value::MakeFunction(index, _)) => {
            body.functions.get(*index as usize).is_some_and(|function| function.body.params.len() == 2)
        }
        Some(Value::Global(_) | Value::Free(_)) => true,
        _ => false,
    };
    binary && is_reduce(defs.value(body, call.func.var), env)
}

/// Numba does not see through `functools.reduce` written as an attribute.
fn is_reduce(value: Option<&Value>, env: &dyn Env) -> bool {
    let fact = match value {
        Some(Value::Global(name)) => env.global(name),
        Some(Value::Free(name)) => env.free(name),
        _ => return false,
    };
    matches!(fact, Fact::Library(path) if &*path == "functools.reduce" || &*path == "_functools.reduce")
}

/// The value of each parameter. Numba appends all defaults to the positional arguments, whichever are given, and
/// does not look at keywords nor at the kind of a parameter: `*rest` is the next argument, before what follows it in
/// the signature. An error without a kind is a call to leave alone.
fn actuals(params: &[Param], call: &Call) -> Result<Vec<Actual>, Option<RefusedKind>> {
    let given = call.args.iter().copied().map(Actual::Given);
    let defaults = params.iter().filter_map(|param| param.default.clone()).map(Actual::Default);
    let mut args: Vec<Actual> = given.chain(defaults).collect();
    if args.len() < params.len() {
        return Err(Some(RefusedKind::Other(
            "a call of a closure by keyword, or with too few arguments".into(),
        )));
    }
    args.truncate(params.len());
    if args.iter().any(|arg| matches!(arg, Actual::Default(DefaultValue::Other))) {
        return Err(None);
    }
    let mut order: Vec<usize> = (0..params.len()).collect();
    order.sort_by_key(|at| params[*at].kind == ParamKind::KeywordOnly);
    if let Some(last) = order.iter().position(|at| params[*at].kind == ParamKind::KwArgs) {
        order[last..].rotate_left(1);
    }
    let mut bound: Vec<(usize, Actual)> = order.into_iter().zip(args).collect();
    bound.sort_by_key(|(at, _)| *at);
    Ok(bound.into_iter().map(|(_, arg)| arg).collect())
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
    body.refused.extend(callee.refused.drain(..).filter(|refused| !is_lost(&refused.kind)));
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
        nonlocals: nonlocals(body, function, &callee),
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

/// The variables of an inner function that are its caller's. Numba does not rename those: an assignment goes to the
/// first version of the outer name, whichever version the function reads.
fn nonlocals(body: &Body, function: &InnerFunction, callee: &Body) -> Vec<(VarId, VarId)> {
    let outer = |name: &Name| body.vars.iter().position(|var| var.name.as_ref() == Some(name));
    let pair = |(inner, var): (usize, &Var)| {
        let name = var.name.as_ref().filter(|name| function.free.contains(name))?;
        Some((VarId(inner as u32), VarId(outer(name)? as u32)))
    };
    callee.vars.iter().enumerate().filter_map(pair).collect()
}

struct Splice {
    var_offset: u32,
    /// Variables that `nonlocal` shares with the caller: the number here and the one there.
    nonlocals: Vec<(VarId, VarId)>,
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
    fn var(&self, var: &mut VarId) {
        match self.nonlocals.iter().find(|(inner, _)| inner == var) {
            Some((_, outer)) => *var = *outer,
            None => var.0 += self.var_offset,
        }
    }

    fn block(&mut self, body: &mut Body, mut block: Block) -> Block {
        let mut insts = Vec::with_capacity(block.insts.len());
        for mut inst in block.insts {
            inst.id = InstId(inst.id.0 + self.inst_offset);
            self.inst(body, &mut inst, &mut insts);
            insts.push(inst);
        }
        block.insts = insts;
        let mut term = std::mem::take(&mut block.term);
        term.uses_mut(&mut |used| self.var(&mut used.var));
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
        inst.kind.uses_mut(&mut |used| self.var(&mut used.var));
        match &mut inst.kind {
            InstKind::Assign { dst, value } => {
                self.var(dst);
                self.value(body, value, before);
            }
            InstKind::ObjMode { outputs, .. } => outputs.iter_mut().for_each(|(var, _)| self.var(var)),
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
            // The variable is read where the call stands, as Python does.
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

#[cfg(test)]
mod tests {
    use super::super::NoEnv;
    use super::super::testing::{Builder, show};
    use super::*;
    use crate::hir::body::{InnerKind, Param, ParamKind};

    /// `def g(a): t = k; return t`
    fn returns_captured() -> Arc<InnerFunction> {
        let mut g = Builder::new(&["a"], 1);
        g.assign(0, "t", Value::Free("k".into()));
        g.ret(0, "t");
        let (name, free, origin) = ("g".into(), vec!["k".into()], Origin::NONE);
        Arc::new(InnerFunction { name, kind: InnerKind::Def, body: g.body, free, decorated: false, origin })
    }

    /// `k = 1; def g ...; k = 2; y = g(k); return y`, with the call's keywords.
    fn calls(kwargs: Vec<(Name, Use)>, function: Arc<InnerFunction>) -> Body {
        let mut b = Builder::new(&["x"], 1);
        b.constant(0, "k", 1);
        let k = b.used("k");
        b.assign(0, "g", Value::MakeFunction(0, vec![("k".into(), k)]));
        b.constant(0, "k", 2);
        let (func, args) = (b.used("g"), if kwargs.is_empty() { vec![k] } else { Vec::new() });
        b.assign(0, "y", Value::Call(Box::new(Call { func, args, kwargs, star: None })));
        b.ret(0, "y");
        b.body.functions.push(function);
        b.body
    }

    #[test]
    fn an_inlined_function_sees_the_variable_as_it_is_at_the_call() {
        let mut body = calls(Vec::new(), returns_captured());
        assert!(inline_closure_likes(&mut body, &NoEnv));
        // The parameter's value is unused, and so is the first value of `k`.
        assert_eq!(show(&body, 0), ["k = 2", "g.t = k", "y = g.t", "return y"]);
    }

    #[test]
    fn a_generator_is_refused_and_so_is_a_call_by_keyword() {
        let mut generator = (*returns_captured()).clone();
        generator.body.is_generator = true;
        let mut body = calls(Vec::new(), Arc::new(generator));
        assert!(!inline_closure_likes(&mut body, &NoEnv));
        assert_eq!(body.refused.len(), 1);
        let x = Use { var: VarId(0), origin: Origin::NONE };
        let mut body = calls(vec![("a".into(), x)], returns_captured());
        assert!(!inline_closure_likes(&mut body, &NoEnv));
        assert_eq!(body.refused.len(), 1);
    }

    #[test]
    fn a_default_is_used_where_the_call_leaves_the_parameter_out() {
        let mut function = (*returns_captured()).clone();
        let (name, kind, origin) = ("b".into(), ParamKind::Positional, Origin::NONE);
        let var = function.body.new_var(Some("b".into()));
        let default = Some(DefaultValue::Const(crate::ty::Const::int(7)));
        function.body.params.push(Param { name, var, kind, default, origin });
        let inst = function.body.new_inst(origin, InstKind::Assign { dst: var, value: Value::Param(1) });
        function.body.blocks[0].insts.insert(0, inst);
        function.body.blocks[0].term = Terminator::Return(Use { var, origin });
        let mut body = calls(Vec::new(), Arc::new(function));
        assert!(inline_closure_likes(&mut body, &NoEnv));
        assert_eq!(show(&body, 0), ["g.b = 7", "y = g.b", "return y"]);
    }
}
