//! Stack code: what CPython's compiler emits, reduced to what Numba's front end can see.
//!
//! Numba reads bytecode, so the order of blocks, the merges and the literal types of a kernel are those of the
//! bytecode. The syntax is therefore compiled as CPython 3.11 does ([`super::expr`], [`super::stmt`]), its control
//! flow is tidied as CPython does ([`super::flow`]), and the result is run symbolically ([`super::simulate`]).

use crate::hir::body::{BinaryOp, CmpOp, Origin, RefusedKind, UnaryOp, VarId};
use crate::ty::{Const, Name};

/// A block that can be jumped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Label(pub(super) u32);

/// The place of an instruction. Line 0 stands for none, as for the jumps that close a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) origin: Origin,
    pub(super) line: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Instr {
    pub(super) op: Op,
    pub(super) at: At,
    /// The handler of the innermost `try` around it.
    pub(super) protect: Option<Label>,
    /// Inside a `try` statement, where Numba makes each instruction a block.
    pub(super) guarded: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Op {
    /// Start of the function; keeps the entry a block of its own.
    Resume,
    Nop,
    Const(Const),
    /// An item of a constant list: a tuple among them stays one constant.
    RawConst(Const),
    Local(VarId),
    Global(Name),
    Free(Name),
    Store(VarId),
    Pop,
    /// Pushes the value this deep again; 1 is the top.
    Copy(u32),
    /// Exchanges the top with the value this deep.
    Swap(u32),
    Unary(UnaryOp),
    Binary(BinaryOp),
    InPlace(BinaryOp),
    Compare(CmpOp),
    Item,
    SetItem,
    DelItem,
    Attr(Name),
    SetAttr(Name),
    /// Which of start, stop and step are on the stack.
    Slice([bool; 3]),
    Tuple(u32),
    List(u32),
    Set(u32),
    Dict(u32),
    /// The tuple below the top and the one on top, as one.
    Concat,
    ToTuple,
    FString(u32),
    /// Calls `str` on the top.
    Format,
    /// Calls this method of the value below the top with the top: `list.extend`, `set.update`.
    Extend(&'static str),
    /// Joins the dict on top to the one below it.
    DictUpdate,
    /// `append` to the list this deep under the value.
    Append(u32),
    /// Stores key and value into the dict this deep under them.
    MapAdd(u32),
    ComprehensionList,
    /// A closure needs this variable to exist already.
    NeedsCell(VarId),
    Iter,
    Unpack(u32),
    Call {
        args: u32,
        names: Vec<Name>,
        /// Exceptions are caught here.
        guarded: bool,
    },
    /// The function and one tuple.
    CallStar,
    MakeFunction(u32, Vec<(Name, Capture)>),
    Yield,
    /// Pushes whether the pending exception is one that the clause catches.
    ExceptionMatch,
    TryBegin(Label),
    TryEnd,
    ObjMode {
        outputs: Vec<(VarId, Name)>,
        inputs: Vec<VarId>,
    },
    /// A variable that an `objmode` block sets without saying its type.
    Undeclared(VarId),
    /// Something Numba refuses: takes values and leaves unknown ones.
    Refuse {
        kind: Box<RefusedKind>,
        pops: u32,
        pushes: u32,
    },
    ForIter(Label),
    Jump(Label),
    /// Jumps when the top is true (or false). `keep` leaves it on the stack when the jump is taken.
    JumpIf {
        when: bool,
        keep: bool,
        to: Label,
    },
    Return,
    Raise,
    /// Ends the path: a re-raise or refused syntax.
    Reraise,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    Local(VarId),
    Outer,
}

impl Op {
    /// The jump target of an instruction that ends a block. A `try`'s handler is not one.
    pub(super) fn target(&self) -> Option<Label> {
        match self {
            Op::ForIter(to) | Op::Jump(to) | Op::JumpIf { to, .. } => Some(*to),
            _ => None,
        }
    }

    pub(super) fn target_mut(&mut self) -> Option<&mut Label> {
        match self {
            Op::ForIter(to) | Op::Jump(to) | Op::JumpIf { to, .. } => Some(to),
            _ => None,
        }
    }

    pub(super) fn leaves_function(&self) -> bool {
        matches!(self, Op::Return | Op::Raise | Op::Reraise)
    }

    /// Nothing after it in its block is reached by falling through.
    pub(super) fn never_falls_through(&self) -> bool {
        matches!(self, Op::Jump(_)) || self.leaves_function()
    }

    /// How many values are taken from the stack and how many put back when control falls through.
    pub(super) fn effect(&self) -> (u32, u32) {
        match self {
            Op::Resume | Op::Nop | Op::NeedsCell(_) | Op::TryBegin(_) | Op::TryEnd | Op::ObjMode { .. } => {
                (0, 0)
            }
            Op::Undeclared(_) => (0, 0),
            Op::Const(_)
            | Op::RawConst(_)
            | Op::Local(_)
            | Op::Global(_)
            | Op::Free(_)
            | Op::ComprehensionList => (0, 1),
            Op::ExceptionMatch | Op::MakeFunction(..) => (0, 1),
            Op::Store(_) | Op::Pop | Op::JumpIf { .. } | Op::Return | Op::Raise => (1, 0),
            Op::Copy(depth) => (*depth, *depth + 1),
            Op::Swap(depth) => (*depth, *depth),
            Op::Unary(_) | Op::ToTuple | Op::Attr(_) | Op::Format | Op::Iter | Op::Yield => (1, 1),
            Op::Binary(_) | Op::InPlace(_) | Op::Compare(_) | Op::Item | Op::Concat | Op::Extend(_) => (2, 1),
            Op::DictUpdate => (2, 1),
            Op::CallStar => (2, 1),
            Op::SetItem => (3, 0),
            Op::DelItem | Op::SetAttr(_) => (2, 0),
            Op::Slice(parts) => (parts.iter().filter(|&&given| given).count() as u32, 1),
            Op::Tuple(n) | Op::List(n) | Op::Set(n) | Op::FString(n) => (*n, 1),
            Op::Dict(n) => (2 * n, 1),
            Op::Append(_) => (1, 0),
            Op::MapAdd(_) => (2, 0),
            Op::Unpack(n) => (1, *n),
            Op::Call { args, names, .. } => (1 + args + names.len() as u32, 1),
            Op::Refuse { pops, pushes, .. } => (*pops, *pushes),
            Op::ForIter(_) => (1, 2),
            Op::Jump(_) | Op::Reraise => (0, 0),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct CodeBlock {
    pub(super) instrs: Vec<Instr>,
    /// The expression whose value is on top of the stack where control meets here.
    pub(super) joins: Option<Origin>,
    /// Part of a comprehension, which is a call to Numba when it looks at blocks.
    pub(super) inlined: bool,
}

/// Blocks by label, and the order in which they stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    pub(super) blocks: Vec<CodeBlock>,
    pub(super) order: Vec<Label>,
    /// How many comprehensions are being compiled.
    pub(super) inlining: u32,
}

impl Code {
    pub(super) fn new_block(&mut self) -> Label {
        self.blocks.push(CodeBlock { inlined: self.inlining > 0, ..CodeBlock::default() });
        Label(u32::try_from(self.blocks.len() - 1).expect("a function has fewer than 2^32 blocks"))
    }

    pub(super) fn block(&self, label: Label) -> &CodeBlock {
        &self.blocks[label.0 as usize]
    }

    pub(super) fn block_mut(&mut self, label: Label) -> &mut CodeBlock {
        &mut self.blocks[label.0 as usize]
    }

    pub(super) fn place(&mut self, label: Label) {
        self.order.push(label);
    }

    /// Appends to the block placed last; after a jump a new block starts, as in CPython.
    pub(super) fn push(&mut self, instr: Instr) {
        let ended = match self.order.last() {
            Some(label) => {
                let last = self.block(*label).instrs.last();
                last.is_some_and(|last| last.op.target().is_some() || last.op.leaves_function())
            }
            None => true,
        };
        if ended {
            let label = self.new_block();
            self.place(label);
        }
        if let Some(label) = self.order.last().copied() {
            self.block_mut(label).instrs.push(instr);
        }
    }
}
