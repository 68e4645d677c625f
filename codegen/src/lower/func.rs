//! One function: blocks, joins, the flow of exceptions, and where references are dropped.

use analyzer::mono::{Const, MonoBlockId, MonoFunction, MonoInst, MonoOp, MonoTerm, MonoTy, Op, ValueId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self, Block, BlockArg, FuncRef, InstBuilder, MemFlagsData, StackSlot, StackSlotData, StackSlotKind, Type,
    Value, types,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use cranelift_module::Module;
use rustc_hash::FxHashMap;

use crate::opt::facts::Facts;
use crate::opt::liveness::{Liveness, fused_operands};
use crate::opt::{fusion, uses};
use crate::runtime::symbols::{MOST_WORDS, Rt};

use super::generator::OpenFrame;
use super::module::{Env, Form};
use super::repr::components;
use super::tries::Tries;

/// The components of a value.
pub(crate) type Vals = Vec<Value>;

/// State while one function is lowered.
pub(crate) struct FnLower<'a, 'p> {
    pub(crate) b: FunctionBuilder<'a>,
    pub(crate) env: &'a mut Env<'p>,
    pub(crate) function: &'a MonoFunction,
    pub(crate) facts: Facts,
    pub(crate) fused: Vec<bool>,
    /// By [`ValueId`]: what makes it.
    pub(crate) defs: Vec<Option<&'a MonoOp>>,
    pub(crate) liveness: Liveness,
    /// By [`ValueId`]: one variable per component. Cranelift's builder turns them into SSA form, with zeros where no
    /// definition arrives.
    vars: Vec<Vec<Variable>>,
    pub(super) blocks: Vec<Block>,
    /// The Cranelift block in which each block ends.
    runtime: FxHashMap<Rt, FuncRef>,
    free: Option<FuncRef>,
    /// The arguments of calls that keep every register.
    words: Option<StackSlot>,
    pub(crate) line: u32,
    pub(crate) boundscheck: bool,
    pub(crate) numpy_errors: bool,
    form: Form,
    ret_pointer: Option<Value>,
    /// Returns the status of a failure.
    fail: Option<Block>,
    pub(super) tries: Tries,
    /// The block being lowered.
    pub(crate) at: MonoBlockId,
    /// An item that the branch at the end of the block loads.
    pub(super) late: Option<super::iter::LateItem>,
    /// Where the variables of a generator are kept.
    pub(super) open: Option<OpenFrame>,
}

impl<'a, 'p> FnLower<'a, 'p> {
    pub(crate) fn lower(
        env: &'a mut Env<'p>,
        function: &'a MonoFunction,
        form: Form,
        func: &'a mut ir::Function,
        context: &'a mut FunctionBuilderContext,
    ) {
        let facts = Facts::of(function);
        let fused = fusion::find(function, &facts);
        let liveness = Liveness::of(function, &facts, &fused);
        let config = env.module.target_config();
        let wanted = env.options.boundscheck.unwrap_or(function.options.boundscheck);
        let boundscheck = wanted && !function.options.library;
        let mut lower = FnLower {
            b: FunctionBuilder::new(func, context),
            env,
            function,
            facts,
            fused,
            defs: definitions(function),
            liveness,
            vars: Vec::new(),
            blocks: Vec::new(),
            runtime: FxHashMap::default(),
            free: None,
            words: None,
            line: 0,
            boundscheck,
            numpy_errors: function.options.numpy_errors,
            form,
            ret_pointer: None,
            fail: None,
            tries: Tries::of(function),
            at: MonoBlockId(0),
            late: None,
            open: None,
        };
        lower.declare();
        lower.prologue();
        for block in uses::reverse_postorder(function) {
            lower.block(block);
        }
        lower.finish_fail();
        lower.env.pranges = lower.pranges();
        lower.b.seal_all_blocks();
        lower.b.finalize(config);
    }

    /// The blocks that test whether a loop over `prange` goes on.
    fn pranges(&self) -> Vec<Block> {
        if !self.function.options.parallel {
            return Vec::new();
        }
        let is_prange = |iterator: ValueId| {
            let root = self.facts.root[iterator.0 as usize];
            let Some(MonoOp::Iter(range)) = self.definition(root) else { return false };
            matches!(self.definition(*range), Some(MonoOp::Apply { op: Op::Prange, .. }))
        };
        let tests = self.function.blocks.iter().zip(&self.blocks).filter(|(block, _)| {
            block.insts.iter().any(|inst| matches!(&inst.op, MonoOp::Next(iterator) if is_prange(*iterator)))
        });
        tests.map(|(_, block)| *block).collect()
    }

    fn declare(&mut self) {
        for (id, value) in self.function.values.iter().enumerate() {
            let root = self.facts.root[id];
            let vars = if root.0 as usize >= id {
                components(&value.ty)
                    .iter()
                    .map(|component| self.b.declare_var(component.class.clif()))
                    .collect()
            } else {
                self.vars[root.0 as usize].clone()
            };
            self.vars.push(vars);
        }
        // A root may come later in the numbering than its alias.
        for id in 0..self.vars.len() {
            self.vars[id] = self.vars[self.facts.root[id].0 as usize].clone();
        }
        self.blocks = self.function.blocks.iter().map(|_| self.b.create_block()).collect();
        for (block, body) in self.blocks.clone().into_iter().zip(&self.function.blocks) {
            for phi in &body.phis {
                for component in components(self.ty(phi.dst)) {
                    self.b.append_block_param(block, component.class.clif());
                }
            }
        }
    }

    fn prologue(&mut self) {
        let entry = self.b.create_block();
        self.b.append_block_params_for_function_params(entry);
        self.b.switch_to_block(entry);
        let mut given = self.b.block_params(entry).to_vec().into_iter();
        if self.form == Form::Own && components(&self.function.ret).len() > 1 {
            self.ret_pointer = given.next();
        }
        if self.function.is_generator {
            let frame: Vals = given.collect();
            return self.enter_generator(frame[0], frame[1]);
        }
        for param in &self.function.params {
            let n = self.vars[param.0 as usize].len();
            let vals: Vals = given.by_ref().take(n).collect();
            self.set(*param, vals);
        }
        self.b.ins().jump(self.blocks[0], &[]);
    }

    pub(crate) fn ty(&self, value: ValueId) -> &'a MonoTy {
        &self.function.values[value.0 as usize].ty
    }

    pub(crate) fn get(&mut self, value: ValueId) -> Vals {
        let vars = self.vars[value.0 as usize].clone();
        vars.into_iter().map(|var| self.b.use_var(var)).collect()
    }

    pub(crate) fn set(&mut self, value: ValueId, vals: Vals) {
        debug_assert_eq!(vals.len(), self.vars[value.0 as usize].len(), "{:?}", self.ty(value));
        for (index, val) in vals.into_iter().enumerate() {
            self.b.def_var(self.vars[value.0 as usize][index], val);
        }
    }

    /// The value cast to a type.
    pub(crate) fn get_as(&mut self, value: ValueId, ty: &MonoTy) -> Vals {
        let vals = self.get(value);
        let from = self.ty(value);
        if let (Some(constant), true) = (self.facts.consts[value.0 as usize].clone(), from != ty)
            && let (Const::Int(_) | Const::Bool(_), MonoTy::Int(_) | MonoTy::Float(_)) = (&constant, ty)
        {
            return self.constant(&constant, ty);
        }
        self.cast(vals, from, ty)
    }

    fn block(&mut self, id: MonoBlockId) {
        let block = self.blocks[id.0 as usize];
        self.at = id;
        self.b.switch_to_block(block);
        let mut params = self.b.block_params(block).to_vec().into_iter();
        let body = &self.function.blocks[id.0 as usize];
        for phi in &body.phis {
            let n = self.vars[phi.dst.0 as usize].len();
            let vals: Vals = params.by_ref().take(n).collect();
            self.set(phi.dst, vals);
        }
        self.begin_block_of_tries(id);
        for phi in &body.phis {
            if self.is_dead_after(id, 0, phi.dst) {
                self.drop_value(phi.dst);
                self.note_dropped(phi.dst);
            }
        }
        for (at, inst) in body.insts.iter().enumerate() {
            self.line = inst.line;
            self.inst(inst);
            self.drop_dead(id, at, inst);
        }
        self.line = body.term_line;
        self.term(id, &body.term);
        self.finish_exits();
    }

    /// Whether nothing from instruction `from` on, nor any later block, reads the value.
    fn is_dead_after(&self, block: MonoBlockId, from: usize, value: ValueId) -> bool {
        if !self.liveness.owns[value.0 as usize] || self.liveness.live_out[block.0 as usize].contains(&value)
        {
            return false;
        }
        let body = &self.function.blocks[block.0 as usize];
        let mut read = false;
        for inst in &body.insts[from..] {
            if inst.dst.is_some_and(|dst| self.fused[dst.0 as usize]) {
                continue;
            }
            fused_operands(self.function, &self.fused, block, &inst.op, &mut |operand| {
                read |= self.facts.root[operand.0 as usize] == value;
            });
        }
        uses::term_operands(&body.term, &mut |operand| read |= self.facts.root[operand.0 as usize] == value);
        !read
    }

    /// Drops what this instruction read or made last.
    fn drop_dead(&mut self, block: MonoBlockId, at: usize, inst: &MonoInst) {
        if inst.dst.is_some_and(|dst| self.fused[dst.0 as usize]) {
            return;
        }
        let mut candidates: Vec<ValueId> = Vec::new();
        fused_operands(self.function, &self.fused, block, &inst.op, &mut |value| {
            let root = self.facts.root[value.0 as usize];
            if self.liveness.owns[root.0 as usize] && !candidates.contains(&root) {
                candidates.push(root);
            }
        });
        candidates.extend(inst.dst.filter(|dst| self.liveness.owns[dst.0 as usize]));
        inst.dst.into_iter().for_each(|dst| self.note_alive(dst));
        for value in candidates {
            if self.is_dead_after(block, at + 1, value) {
                self.drop_value(value);
                self.note_dropped(value);
            }
        }
    }

    pub(crate) fn drop_value(&mut self, value: ValueId) {
        let vals = self.get(value);
        self.release(&vals, self.ty(value));
    }

    fn term(&mut self, id: MonoBlockId, term: &MonoTerm) {
        match term {
            MonoTerm::Jump(to) => {
                let args = self.edge(id, *to);
                self.b.ins().jump(self.blocks[to.0 as usize], &args);
            }
            MonoTerm::Branch { cond, then, orelse } if self.is_region_check(*cond, *then) => {
                self.region_check(id, *then);
                let args = self.edge(id, *orelse);
                self.b.ins().jump(self.blocks[orelse.0 as usize], &args);
            }
            MonoTerm::Branch { cond, then, orelse } => self.branch(id, *cond, *then, *orelse),
            MonoTerm::Return(_) if self.function.is_generator => self.end_generator(),
            MonoTerm::Return(value) => self.return_value(*value),
            MonoTerm::Yield { value, resume } => self.yield_value(*value, *resume),
            MonoTerm::Raise { class, args } => self.raise_values(class, args),
            MonoTerm::Reraise => {
                let fail = self.fail_block();
                self.b.ins().jump(fail, &[]);
            }
            MonoTerm::Unreachable => {
                self.b.ins().trap(ir::TrapCode::unwrap_user(1));
            }
        }
    }

    fn branch(&mut self, id: MonoBlockId, cond: ValueId, then: MonoBlockId, orelse: MonoBlockId) {
        let vals = self.get(cond);
        let truth = self.truth(&vals, self.ty(cond));
        let mut edges = [then, orelse]
            .map(|to| if self.is_plain_edge(id, to) { None } else { Some(self.b.create_block()) });
        let mut late = self.late.take();
        if late.is_some() && edges[0].is_none() {
            edges[0] = Some(self.b.create_block());
        }
        let targets = [then, orelse].map(|to| self.blocks[to.0 as usize]);
        self.b.ins().brif(truth, edges[0].unwrap_or(targets[0]), &[], edges[1].unwrap_or(targets[1]), &[]);
        for (edge, to) in edges.into_iter().zip([then, orelse]) {
            if let Some(edge) = edge {
                self.b.switch_to_block(edge);
                if let Some(item) = late.take() {
                    self.load_late(&item);
                }
                let args = self.edge(id, to);
                self.b.ins().jump(self.blocks[to.0 as usize], &args);
            }
        }
    }

    /// Whether nothing happens between the two blocks.
    fn is_plain_edge(&self, from: MonoBlockId, to: MonoBlockId) -> bool {
        self.function.blocks[to.0 as usize].phis.is_empty() && self.dropped_on_edge(from, to).is_empty()
    }

    /// What lives at the end of `from` but not in `to`, and is not joined there.
    fn dropped_on_edge(&self, from: MonoBlockId, to: MonoBlockId) -> Vec<ValueId> {
        let live_in = &self.liveness.live_in[to.0 as usize];
        let phis = &self.function.blocks[to.0 as usize].phis;
        let joined = |value: ValueId| {
            phis.iter().any(|phi| {
                phi.inputs
                    .iter()
                    .any(|(block, input)| *block == from && self.facts.root[input.0 as usize] == value)
            })
        };
        let mut dropped: Vec<ValueId> = self.liveness.live_out[from.0 as usize]
            .iter()
            .copied()
            .filter(|value| !live_in.contains(value) && !joined(*value))
            .collect();
        dropped.sort_unstable();
        dropped
    }

    /// Drops what dies on the edge and gives the arguments of the target's phis.
    fn edge(&mut self, from: MonoBlockId, to: MonoBlockId) -> Vec<BlockArg> {
        let function = self.function;
        let mut moved: Vec<ValueId> = Vec::new();
        let mut args = Vec::new();
        for phi in &function.blocks[to.0 as usize].phis {
            let ty = self.ty(phi.dst);
            let Some((_, input)) = phi.inputs.iter().find(|(block, _)| *block == from) else {
                args.extend(self.zero(ty).into_iter().map(BlockArg::Value));
                continue;
            };
            let vals = self.get_as(*input, ty);
            let dies =
                self.liveness.owns[input.0 as usize] && !self.liveness.live_in[to.0 as usize].contains(input);
            if dies && !moved.contains(input) {
                moved.push(*input);
            } else {
                self.retain(&vals, ty);
            }
            args.extend(vals.into_iter().map(BlockArg::Value));
        }
        for value in self.dropped_on_edge(from, to) {
            self.drop_value(value);
        }
        args
    }

    fn return_value(&mut self, value: ValueId) {
        let ret = &self.function.ret;
        let vals = self.get_as(value, ret);
        if !self.liveness.owns[value.0 as usize] {
            self.retain(&vals, ret);
        }
        self.return_vals(&vals);
    }

    /// Returns a result of the function's type and the references in it.
    pub(super) fn return_vals(&mut self, vals: &[Value]) {
        let ok = self.b.ins().iconst(types::I64, 0);
        let Some(pointer) = self.ret_pointer else {
            let returned: Vals = std::iter::once(ok).chain(vals.iter().copied()).collect();
            self.b.ins().return_(&returned);
            return;
        };
        for (slot, val) in vals.iter().enumerate() {
            self.b.ins().store(MemFlagsData::trusted(), *val, pointer, slot as i32 * 8);
        }
        self.b.ins().return_(&[ok]);
    }

    /// Where control goes with an exception pending.
    pub(crate) fn fail_block(&mut self) -> Block {
        if let Some(block) = self.exit_to_handler() {
            return block;
        }
        *self.fail.get_or_insert_with(|| {
            let block = self.b.create_block();
            self.b.set_cold_block(block);
            block
        })
    }

    fn finish_fail(&mut self) {
        let Some(block) = self.fail else { return };
        self.b.switch_to_block(block);
        let status = self.b.ins().iconst(types::I64, 1);
        let mut returned = vec![status];
        if self.ret_pointer.is_none() {
            returned.extend(self.zero(&self.function.ret));
        }
        self.b.ins().return_(&returned);
    }

    /// Goes on where the status is zero.
    pub(crate) fn check_status(&mut self, status: Value) {
        let fail = self.fail_block();
        let next = self.b.create_block();
        self.b.ins().brif(status, fail, &[], next, &[]);
        self.b.switch_to_block(next);
    }

    /// Raises where the condition holds; goes on otherwise.
    pub(crate) fn raise_if(&mut self, cond: Value, class: &str, message: &str) {
        let raise = self.b.create_block();
        let next = self.b.create_block();
        self.b.set_cold_block(raise);
        self.b.ins().brif(cond, raise, &[], next, &[]);
        self.b.switch_to_block(raise);
        self.raise(class, message);
        self.b.switch_to_block(next);
    }

    /// Raises. The present block is finished after it.
    pub(crate) fn raise(&mut self, class: &str, message: &str) {
        let class = self.string(class);
        let message = self.string(message);
        let line = self.b.ins().iconst(types::I64, i64::from(self.line));
        self.call_runtime(Rt::Raise, &[class, message, line]);
        let fail = self.fail_block();
        self.b.ins().jump(fail, &[]);
    }

    /// The address of a string constant's object.
    pub(crate) fn string(&mut self, text: &str) -> Value {
        let data = self.env.string_in(text, self.b.func);
        self.b.ins().symbol_value(types::I64, data)
    }

    pub(crate) fn call_runtime(&mut self, rt: Rt, args: &[Value]) -> Option<Value> {
        if rt.takes_long() {
            return self.call_kept(rt, args);
        }
        let callee = match self.runtime.get(&rt) {
            Some(callee) => *callee,
            None => {
                let callee = self.env.runtime_in(rt, self.b.func);
                self.runtime.insert(rt, callee);
                callee
            }
        };
        let call = self.b.ins().call(callee, args);
        self.b.inst_results(call).first().copied()
    }

    /// A call that keeps every register, with the arguments and the result in memory. What takes long anyway, or is
    /// seldom reached, then leaves the values of the loops around it in their registers.
    pub(crate) fn call_kept(&mut self, rt: Rt, args: &[Value]) -> Option<Value> {
        let slot = *self.words.get_or_insert_with(|| {
            self.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, MOST_WORDS * 8, 3))
        });
        let at = self.b.ins().stack_addr(types::I64, slot, 0);
        let flags = MemFlagsData::trusted();
        for (place, arg) in (0..).zip(args) {
            self.b.ins().store(flags, *arg, at, place * 8);
        }
        let callee = self.env.kept_in(rt, self.b.func);
        self.b.ins().call(callee, &[at]);
        rt.symbol().ret.map(|ty| self.b.ins().load(ty, flags, at, 0))
    }

    /// A call of a runtime function that has a result.
    pub(crate) fn runtime_value(&mut self, rt: Rt, args: &[Value]) -> Value {
        self.call_runtime(rt, args).expect("the function is declared with a result")
    }

    pub(crate) fn iconst(&mut self, value: i64) -> Value {
        self.b.ins().iconst(types::I64, value)
    }

    pub(crate) fn zero_of(&mut self, ty: Type) -> Value {
        match ty {
            types::F64 => self.b.ins().f64const(0.0),
            types::F32 => self.b.ins().f32const(0.0),
            ty => self.b.ins().iconst(ty, 0),
        }
    }

    pub(crate) fn zero(&mut self, ty: &MonoTy) -> Vals {
        components(ty).iter().map(|component| self.zero_of(component.class.clif())).collect()
    }

    /// One more reference to every object in the value.
    pub(crate) fn retain(&mut self, vals: &[Value], ty: &MonoTy) {
        for (val, component) in vals.iter().zip(components(ty)) {
            if component.object {
                self.retain_object(*val);
            }
        }
    }

    pub(crate) fn retain_object(&mut self, object: Value) {
        let (some, next) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(object, some, &[], next, &[]);
        self.b.switch_to_block(some);
        let count = self.b.ins().load(types::I64, MemFlagsData::trusted(), object, 0);
        let more = self.b.ins().iadd_imm_s(count, 1);
        self.b.ins().store(MemFlagsData::trusted(), more, object, 0);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(next);
    }

    /// One reference less to every object in the value.
    pub(crate) fn release(&mut self, vals: &[Value], ty: &MonoTy) {
        for (val, component) in vals.iter().zip(components(ty)) {
            if component.object {
                self.release_object(*val);
            }
        }
    }

    pub(crate) fn release_object(&mut self, object: Value) {
        let (some, free, next) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.ins().brif(object, some, &[], next, &[]);
        self.b.switch_to_block(some);
        let count = self.b.ins().load(types::I64, MemFlagsData::trusted(), object, 0);
        let less = self.b.ins().iadd_imm_s(count, -1);
        self.b.ins().store(MemFlagsData::trusted(), less, object, 0);
        let last = self.b.ins().icmp_imm_s(IntCC::Equal, less, 0);
        self.b.ins().brif(last, free, &[], next, &[]);
        self.b.set_cold_block(free);
        self.b.switch_to_block(free);
        let callee = match self.free {
            Some(callee) => callee,
            None => *self.free.insert(self.env.free_in(self.b.func)),
        };
        self.b.ins().call(callee, &[object]);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(next);
    }

    fn inst(&mut self, inst: &'a MonoInst) {
        if inst.dst.is_some_and(|dst| self.fused[dst.0 as usize]) {
            return;
        }
        match &inst.op {
            MonoOp::TryBegin { handler } => self.try_begin(*handler),
            MonoOp::TryEnd => self.try_end(),
            op => match inst.dst {
                Some(dst) => {
                    if let Some(vals) = self.value(dst, op, inst) {
                        self.set(dst, vals);
                    }
                }
                None => self.effect(op, inst),
            },
        }
    }
}

fn definitions(function: &MonoFunction) -> Vec<Option<&MonoOp>> {
    let mut defs = vec![None; function.values.len()];
    for inst in function.blocks.iter().flat_map(|block| &block.insts) {
        if let Some(dst) = inst.dst {
            defs[dst.0 as usize] = Some(&inst.op);
        }
    }
    defs
}
