//! Generators: functions whose variables live in an object between two items.
//!
//! A generator is two lists: one of words, of which the first says where to go on and the second is the address of the
//! code, and one of the objects that its variables refer to. The parameters stay there; everything else that lives
//! where the function yields is moved in there, and out again where it goes on. Dropping the lists drops a generator
//! that nobody has walked to its end.

use analyzer::mono::{FuncId, MonoBlockId, MonoFunction, MonoTerm, MonoTy, ValueId};
use cranelift_codegen::ir::{self, AbiParam, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::Switch;
use cranelift_module::Module;
use rustc_hash::FxHashMap;

use super::func::{FnLower, Vals};
use super::repr::components;
use crate::opt::facts::Facts;
use crate::opt::fusion;
use crate::opt::liveness::Liveness;
use crate::runtime::object::OFFSET_DATA;

/// What the first word is where the generator runs or has ended.
const ENDED: i64 = -1;
/// The words before those of the variables.
const FIRST: usize = 2;

/// Where the variables of a generator are kept.
pub(crate) struct Frame {
    /// By value: the first of its words and the first of its objects.
    places: FxHashMap<ValueId, (usize, usize)>,
    words: usize,
    objects: usize,
    /// The blocks that follow a yield, and the values that are alive there.
    resumes: Vec<(MonoBlockId, Vec<ValueId>)>,
}

/// The frame of the generator being lowered, and the addresses of its two lists' items.
pub(super) struct OpenFrame {
    frame: Frame,
    words: Value,
    objects: Value,
}

impl Frame {
    fn of(function: &MonoFunction) -> Frame {
        let facts = Facts::of(function);
        let fused = fusion::find(function, &facts);
        let liveness = Liveness::of_all(function, &facts, &fused);
        let mut frame = Frame { places: FxHashMap::default(), words: FIRST, objects: 0, resumes: Vec::new() };
        function.params.iter().for_each(|param| frame.place(function, *param));
        for block in &function.blocks {
            if let MonoTerm::Yield { resume, .. } = block.term {
                let mut alive: Vec<ValueId> = liveness.live_in[resume.0 as usize].iter().copied().collect();
                alive.sort_unstable();
                alive.iter().for_each(|value| frame.place(function, *value));
                frame.resumes.push((resume, alive));
            }
        }
        frame
    }

    fn place(&mut self, function: &MonoFunction, value: ValueId) {
        let components = components(&function.values[value.0 as usize].ty);
        let objects = components.iter().filter(|component| component.object).count();
        if let std::collections::hash_map::Entry::Vacant(place) = self.places.entry(value) {
            place.insert((self.words, self.objects));
            self.words += components.len() - objects;
            self.objects += objects;
        }
    }
}

impl FnLower<'_, '_> {
    /// A generator that stands before its first line.
    pub(super) fn new_generator(&mut self, func: FuncId, values: &[ValueId]) -> Vals {
        let program = self.env.program;
        let callee = &program.functions[func.0 as usize];
        let frame = Frame::of(callee);
        let [words, objects] =
            [(frame.words, MonoTy::Unit), (frame.objects, MonoTy::Str)].map(|(len, elem)| {
                let len = self.iconst(len as i64);
                let list = self.list_new(&elem, len);
                self.set_len(list, len);
                list
            });
        let open = self.open_frame(frame, words, objects);
        let (zero, flags) = (self.iconst(0), MemFlagsData::trusted());
        (0..open.frame.objects).for_each(|at| {
            self.b.ins().store(flags, zero, open.objects, at as i32 * 8);
        });
        let code = self.env.func_in(func, self.b.func);
        let code = self.b.ins().func_addr(types::I64, code);
        self.b.ins().store(flags, zero, open.words, 0);
        self.b.ins().store(flags, code, open.words, 8);
        for (value, param) in values.iter().zip(&callee.params) {
            let ty = &callee.values[param.0 as usize].ty;
            let vals = self.owned_as(*value, ty);
            self.put(&open, *param, ty, vals);
        }
        vec![words, objects]
    }

    fn open_frame(&mut self, frame: Frame, words: Value, objects: Value) -> OpenFrame {
        let [words, objects] = [words, objects]
            .map(|list| self.b.ins().load(types::I64, MemFlagsData::trusted(), list, OFFSET_DATA));
        OpenFrame { frame, words, objects }
    }

    /// Moves a value into the frame.
    fn put(&mut self, open: &OpenFrame, value: ValueId, ty: &MonoTy, vals: Vals) {
        let (mut word, mut object) = open.frame.places[&value];
        for (val, component) in vals.into_iter().zip(components(ty)) {
            let (base, at) =
                if component.object { (open.objects, &mut object) } else { (open.words, &mut word) };
            self.b.ins().store(MemFlagsData::trusted(), val, base, *at as i32 * 8);
            *at += 1;
        }
    }

    /// A value in the frame; its objects are moved out if wanted.
    fn take(&mut self, open: &OpenFrame, value: ValueId, moved: bool) -> Vals {
        let (mut word, mut object) = open.frame.places[&value];
        let flags = MemFlagsData::trusted();
        let zero = self.iconst(0);
        let mut vals = Vals::new();
        for component in components(self.ty(value)) {
            let (base, at) =
                if component.object { (open.objects, &mut object) } else { (open.words, &mut word) };
            let offset = *at as i32 * 8;
            vals.push(self.b.ins().load(component.class.clif(), flags, base, offset));
            if component.object && moved {
                self.b.ins().store(flags, zero, base, offset);
            }
            *at += 1;
        }
        vals
    }

    /// Goes on where the generator has stopped.
    pub(super) fn enter_generator(&mut self, words: Value, objects: Value) {
        let open = self.open_frame(Frame::of(self.function), words, objects);
        for param in &self.function.params {
            let vals = self.take(&open, *param, false);
            self.set(*param, vals);
        }
        let flags = MemFlagsData::trusted();
        let state = self.b.ins().load(types::I64, flags, open.words, 0);
        let ended = self.iconst(ENDED);
        self.b.ins().store(flags, ended, open.words, 0);
        let mut switch = Switch::new();
        switch.set_entry(0, self.blocks[0]);
        let entries: Vec<ir::Block> = open.frame.resumes.iter().map(|_| self.b.create_block()).collect();
        for (at, entry) in entries.iter().enumerate() {
            switch.set_entry(at as u128 + 1, *entry);
        }
        let over = self.b.create_block();
        switch.emit(&mut self.b, state, over);
        self.b.switch_to_block(over);
        self.end_generator();
        for (entry, (resume, alive)) in entries.into_iter().zip(&open.frame.resumes) {
            self.b.switch_to_block(entry);
            for value in alive {
                let vals = self.take(&open, *value, true);
                self.set(*value, vals);
            }
            self.b.ins().jump(self.blocks[resume.0 as usize], &[]);
        }
        self.open = Some(open);
    }

    /// Says that there is no item.
    pub(super) fn end_generator(&mut self) {
        let vals = self.zero(&self.function.ret);
        self.return_vals(&vals);
    }

    pub(super) fn yield_value(&mut self, value: ValueId, resume: MonoBlockId) {
        let MonoTy::Pair(item) = &self.function.ret else { return };
        let mut vals = self.get_as(value, item);
        let root = self.facts.root[value.0 as usize];
        let stays = self.liveness.live_in[resume.0 as usize].contains(&root);
        if stays || !self.liveness.owns[value.0 as usize] {
            self.retain(&vals, item);
        }
        let Some(open) = self.open.take() else { return };
        if let Some(at) = open.frame.resumes.iter().position(|(block, _)| *block == resume) {
            for alive in &open.frame.resumes[at].1 {
                let vals = self.get(*alive);
                self.put(&open, *alive, self.ty(*alive), vals);
            }
            let state = self.iconst(at as i64 + 1);
            self.b.ins().store(MemFlagsData::trusted(), state, open.words, 0);
        }
        self.open = Some(open);
        vals.push(self.b.ins().iconst(types::I8, 1));
        self.return_vals(&vals);
    }

    /// The next item of a generator, whether there was one, and the generator.
    pub(super) fn advance_generator(&mut self, item: &MonoTy, state: &[Value]) -> (Vals, Value, Vals) {
        let pair = MonoTy::Pair(Box::new(item.clone()));
        let parts = components(&pair);
        let mut signature = self.env.module.make_signature();
        let mut args = Vec::new();
        let several = parts.len() > 1;
        let out = self.frame_slots(parts.len());
        if several {
            args.push(out);
        }
        args.extend(state);
        signature.params.extend(args.iter().map(|_| AbiParam::new(types::I64)));
        signature.returns.push(AbiParam::new(types::I64));
        if !several {
            signature.returns.extend(parts.iter().map(|component| AbiParam::new(component.class.clif())));
        }
        let signature = self.b.import_signature(signature);
        // A variable that no path has set holds no generator.
        let mut vals = self.where_valid(state[0], &pair, |lower| {
            let flags = MemFlagsData::trusted();
            let words = lower.b.ins().load(types::I64, flags, state[0], OFFSET_DATA);
            let code = lower.b.ins().load(types::I64, flags, words, 8);
            let call = lower.b.ins().call_indirect(signature, code, &args);
            let results = lower.b.inst_results(call).to_vec();
            lower.check_status(results[0]);
            if several { lower.load_slots(out, &pair) } else { results[1..].to_vec() }
        });
        let valid = vals.pop().unwrap_or(state[0]);
        (vals, valid, state.to_vec())
    }
}
