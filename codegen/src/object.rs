//! Machine code that is kept and loaded again, by this process or by another one of the same binary.
//!
//! An object is what Cranelift made of each function and each constant, before anything had an address: bytes, and
//! where in them the addresses of other parts go. Loading it declares the parts in the same order, so that they get
//! the same numbers, and links them; nothing is typed, lowered or compiled.

use std::hash::{Hash, Hasher};

use analyzer::mono::MonoTy;
use cranelift_codegen::Context;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::LibCall;
use cranelift_jit::JITModule;
use cranelift_module::{DataDescription, FuncId, Linkage, Module, ModuleReloc, ModuleRelocTarget};

use crate::call::Compiled;
use crate::compile::{CompileError, Stats};
use crate::runtime::symbols::Rt;

mod bytes;

use bytes::{Reader, Writer};

/// Machine code without addresses, with the types of its parameters and its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    params: Vec<MonoTy>,
    ret: MonoTy,
    /// In the order of their numbers.
    functions: Vec<Function>,
    data: Vec<Data>,
    /// The number of the trampoline.
    entry: u32,
}

#[derive(Clone, Debug, PartialEq)]
enum Function {
    /// Of the runtime, by its name.
    Runtime(String),
    Code {
        align: u64,
        code: Vec<u8>,
        relocs: Vec<Patch>,
    },
}

/// Constant bytes; those of an object hold their own address plus `own` in the third word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Data {
    pub(crate) bytes: Vec<u8>,
    pub(crate) own: Option<u32>,
}

/// Where the address of something goes.
#[derive(Clone, Debug, PartialEq)]
struct Patch {
    offset: u32,
    /// Index in [`RELOCS`].
    kind: u8,
    target: Target,
    addend: i64,
}

#[derive(Clone, Debug, PartialEq)]
enum Target {
    Function(u32),
    Data(u32),
    Inside(u32, u32),
    LibCall(String),
}

/// The ways to write an address that the linker knows, on the machines that we run on.
const RELOCS: [Reloc; 11] = [
    Reloc::Abs4,
    Reloc::Abs8,
    Reloc::X86PCRel4,
    Reloc::X86CallPCRel4,
    Reloc::X86CallPLTRel4,
    Reloc::X86GOTPCRel4,
    Reloc::Arm64Call,
    Reloc::Aarch64AdrGotPage21,
    Reloc::Aarch64Ld64GotLo12Nc,
    Reloc::Aarch64AdrPrelPgHi21,
    Reloc::Aarch64AddAbsLo12Nc,
];

/// Names of functions and data among the targets, as Cranelift has them.
const FUNCTIONS: u32 = 0;
const DATA: u32 = 1;

/// An object while its parts are compiled.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    code: Vec<(FuncId, Function)>,
    data: Vec<Data>,
    /// Something was compiled that cannot be kept.
    broken: bool,
}

impl Recorder {
    /// Notes a function that was compiled just now.
    pub(crate) fn function(&mut self, id: FuncId, context: &Context) {
        let Some(compiled) = context.compiled_code() else { return };
        let relocs = compiled.buffer.relocs().iter();
        let relocs = relocs.map(|reloc| patch(&ModuleReloc::from_mach_reloc(reloc, &context.func, id)));
        let relocs: Option<Vec<Patch>> = relocs.collect();
        self.broken |= relocs.is_none();
        let align = u64::from(compiled.buffer.alignment);
        let code = compiled.code_buffer().to_vec();
        self.code.push((id, Function::Code { align, code, relocs: relocs.unwrap_or_default() }));
    }

    /// Notes constant bytes, which are numbered in the order in which they are noted.
    pub(crate) fn data(&mut self, bytes: &[u8], own: Option<u32>) {
        self.data.push(Data { bytes: bytes.to_vec(), own });
    }

    pub(crate) fn finish(
        self,
        module: &JITModule,
        entry: FuncId,
        params: &[MonoTy],
        ret: &MonoTy,
    ) -> Option<Object> {
        let mut code = self.code;
        code.sort_by_key(|(id, _)| *id);
        let mut code = code.into_iter().peekable();
        let mut functions = Vec::new();
        for (id, declared) in module.declarations().get_functions() {
            functions.push(match code.next_if(|(at, _)| *at == id) {
                Some((_, function)) => function,
                None => Function::Runtime(declared.name.clone()?),
            });
        }
        let known = bytes::is_kept(ret) && params.iter().all(bytes::is_kept);
        let object = Object {
            params: params.to_vec(),
            ret: ret.clone(),
            functions,
            data: self.data,
            entry: entry.as_u32(),
        };
        (known && !self.broken).then_some(object)
    }
}

fn patch(reloc: &ModuleReloc) -> Option<Patch> {
    let kind = RELOCS.iter().position(|kind| *kind == reloc.kind)? as u8;
    let target = match &reloc.name {
        ModuleRelocTarget::User { namespace: FUNCTIONS, index } => Target::Function(*index),
        ModuleRelocTarget::User { namespace: DATA, index } => Target::Data(*index),
        ModuleRelocTarget::FunctionOffset(id, offset) => Target::Inside(id.as_u32(), *offset),
        ModuleRelocTarget::LibCall(call) => Target::LibCall(call.to_string()),
        _ => return None,
    };
    Some(Patch { offset: reloc.offset, kind, target, addend: reloc.addend })
}

impl Patch {
    fn reloc(&self) -> Option<ModuleReloc> {
        let name = match &self.target {
            Target::Function(index) => ModuleRelocTarget::user(FUNCTIONS, *index),
            Target::Data(index) => ModuleRelocTarget::user(DATA, *index),
            Target::Inside(id, offset) => ModuleRelocTarget::FunctionOffset(FuncId::from_u32(*id), *offset),
            Target::LibCall(name) => ModuleRelocTarget::LibCall(name.parse::<LibCall>().ok()?),
        };
        let kind = *RELOCS.get(usize::from(self.kind))?;
        Some(ModuleReloc { offset: self.offset, kind, name, addend: self.addend })
    }
}

impl Object {
    /// The object as bytes, for [`Object::from_bytes`] of the same binary.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.word(fingerprint());
        out.list(&self.params, Writer::ty);
        out.ty(&self.ret);
        out.list(&self.functions, |out, function| match function {
            Function::Runtime(name) => {
                out.word(0);
                out.bytes(name.as_bytes());
            }
            Function::Code { align, code, relocs } => {
                out.word(1);
                out.word(*align);
                out.bytes(code);
                out.list(relocs, |out, patch| {
                    out.word(u64::from(patch.offset));
                    out.word(u64::from(patch.kind));
                    out.word(patch.addend as u64);
                    let (kind, a, b) = match &patch.target {
                        Target::Function(index) => (0, *index, 0),
                        Target::Data(index) => (1, *index, 0),
                        Target::Inside(id, offset) => (2, *id, *offset),
                        Target::LibCall(_) => (3, 0, 0),
                    };
                    out.word(kind);
                    out.word(u64::from(a) << 32 | u64::from(b));
                    if let Target::LibCall(name) = &patch.target {
                        out.bytes(name.as_bytes());
                    }
                });
            }
        });
        out.list(&self.data, |out, data| {
            out.bytes(&data.bytes);
            out.word(data.own.map_or(u64::MAX, u64::from));
        });
        out.word(u64::from(self.entry));
        out.finish()
    }

    /// `None` for bytes that another binary wrote, and for what is cut short.
    pub fn from_bytes(bytes: &[u8]) -> Option<Object> {
        let mut from = Reader::new(bytes);
        if from.word()? != fingerprint() {
            return None;
        }
        let params = from.list(Reader::ty)?;
        let ret = from.ty()?;
        let functions = from.list(|from| match from.word()? {
            0 => Some(Function::Runtime(from.text()?)),
            1 => {
                let align = from.word()?;
                let code = from.bytes()?.to_vec();
                Some(Function::Code { align, code, relocs: from.list(read_patch)? })
            }
            _ => None,
        })?;
        let data = from.list(|from| {
            let bytes = from.bytes()?.to_vec();
            let own = from.word()?;
            Some(Data { bytes, own: u32::try_from(own).ok() })
        })?;
        let entry = u32::try_from(from.word()?).ok()?;
        Some(Object { params, ret, functions, data, entry })
    }

    /// Links the object into memory of this process.
    pub fn load(&self) -> Result<Compiled, CompileError> {
        let broken = || CompileError("kept machine code cannot be read".to_owned());
        let mut module = crate::lower::module::empty_module()?;
        let signature = module.make_signature();
        for (index, function) in self.functions.iter().enumerate() {
            let (name, linkage) = match function {
                Function::Runtime(name) if Rt::ALL.iter().any(|rt| rt.symbol().name == name) => {
                    (name.clone(), Linkage::Import)
                }
                Function::Runtime(_) => return Err(broken()),
                Function::Code { .. } => (format!("f{index}"), Linkage::Local),
            };
            let id = module.declare_function(&name, linkage, &signature).map_err(|_| broken())?;
            if id.as_u32() as usize != index {
                return Err(broken());
            }
        }
        for data in &self.data {
            define_data(&mut module, data.bytes.clone(), data.own);
        }
        let mut code_size = 0;
        for (index, function) in self.functions.iter().enumerate() {
            let Function::Code { align, code, relocs } = function else { continue };
            let relocs: Option<Vec<ModuleReloc>> = relocs.iter().map(Patch::reloc).collect();
            let id = FuncId::from_u32(index as u32);
            module
                .define_function_bytes(id, *align, code, &relocs.ok_or_else(broken)?)
                .map_err(|_| broken())?;
            code_size += code.len();
        }
        if !matches!(self.functions.get(self.entry as usize), Some(Function::Code { .. })) {
            return Err(broken());
        }
        module.finalize_definitions().map_err(|_| broken())?;
        let address = module.get_finalized_function(FuncId::from_u32(self.entry));
        let stats = Stats { code_size, ..Stats::default() };
        let (params, ret) = (self.params.clone(), self.ret.clone());
        Ok(Compiled::new(module, address, params, ret, String::new(), String::new(), stats))
    }
}

fn read_patch(from: &mut Reader<'_>) -> Option<Patch> {
    let offset = u32::try_from(from.word()?).ok()?;
    let kind = u8::try_from(from.word()?).ok()?;
    let addend = from.word()? as i64;
    let target = from.word()?;
    let both = from.word()?;
    let (a, b) = ((both >> 32) as u32, both as u32);
    let target = match target {
        0 => Target::Function(a),
        1 => Target::Data(a),
        2 => Target::Inside(a, b),
        3 => Target::LibCall(from.text()?),
        _ => return None,
    };
    Some(Patch { offset, kind, target, addend })
}

/// Writable data; its third word is its own address plus `own`, if given.
pub(crate) fn define_data(
    module: &mut JITModule,
    bytes: Vec<u8>,
    own: Option<u32>,
) -> cranelift_module::DataId {
    let id = module.declare_anonymous_data(true, false).expect("anonymous data can be declared");
    let mut description = DataDescription::new();
    description.set_align(64);
    description.define(if bytes.is_empty() { Box::new([0]) } else { bytes.into_boxed_slice() });
    if let Some(own) = own {
        let value = module.declare_data_in_data(id, &mut description);
        description.write_data_addr(16, value, i64::from(own));
    }
    module.define_data(id, &description).expect("data is defined once");
    id
}

/// What kept code relies on: this version, and the runtime's functions with their signatures.
fn fingerprint() -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    std::env::consts::ARCH.hash(&mut hasher);
    for rt in Rt::ALL {
        let symbol = rt.symbol();
        (symbol.name, format!("{:?}{:?}", symbol.params, symbol.ret)).hash(&mut hasher);
    }
    hasher.finish()
}
