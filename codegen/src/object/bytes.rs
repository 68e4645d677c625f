//! Objects as bytes: words of 64 bits, and lists and texts behind their lengths.

use analyzer::mono::{ComplexTy, FloatTy, IntTy, Layout, MonoArray, MonoRecord, MonoTy};

const INTS: [IntTy; 8] =
    [IntTy::I8, IntTy::I16, IntTy::I32, IntTy::I64, IntTy::U8, IntTy::U16, IntTy::U32, IntTy::U64];
const FLOATS: [FloatTy; 3] = [FloatTy::F16, FloatTy::F32, FloatTy::F64];
const COMPLEXES: [ComplexTy; 2] = [ComplexTy::C64, ComplexTy::C128];
const LAYOUTS: [Layout; 3] = [Layout::C, Layout::F, Layout::A];

/// Whether a type can be written down: iterators and the like never leave a kernel.
pub(super) fn is_kept(ty: &MonoTy) -> bool {
    match ty {
        MonoTy::Iter(_) | MonoTy::Pair(_) | MonoTy::Slice | MonoTy::Range(_) => false,
        MonoTy::Array(array) => is_kept(&array.elem) && LAYOUTS.contains(&array.layout),
        MonoTy::Tuple(items) => items.iter().all(is_kept),
        MonoTy::List(item) | MonoTy::Set(item) | MonoTy::Optional(item) => is_kept(item),
        MonoTy::Dict(items) => is_kept(&items.0) && is_kept(&items.1),
        MonoTy::Record(record) => record.fields.iter().all(|(_, ty, _)| is_kept(ty)),
        MonoTy::Unit
        | MonoTy::Bool
        | MonoTy::Int(_)
        | MonoTy::Float(_)
        | MonoTy::Complex(_)
        | MonoTy::Str
        | MonoTy::DateTime
        | MonoTy::TimeDelta => true,
    }
}

#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn word(&mut self, word: u64) {
        self.0.extend(word.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        self.0.extend(bytes);
    }

    pub(super) fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Writer, &T)) {
        self.word(items.len() as u64);
        items.iter().for_each(|item| each(self, item));
    }

    fn place<T: PartialEq>(&mut self, all: &[T], item: &T) {
        self.word(all.iter().position(|it| it == item).unwrap_or(all.len()) as u64);
    }

    pub(super) fn ty(&mut self, ty: &MonoTy) {
        let tag = TAGS.iter().position(|tag| *tag == tag_of(ty)).unwrap_or(TAGS.len());
        self.word(tag as u64);
        match ty {
            MonoTy::Int(int) => self.place(&INTS, int),
            MonoTy::Float(float) => self.place(&FLOATS, float),
            MonoTy::Complex(complex) => self.place(&COMPLEXES, complex),
            MonoTy::Array(array) => {
                self.ty(&array.elem);
                self.word(u64::from(array.ndim));
                self.place(&LAYOUTS, &array.layout);
                self.word(u64::from(array.readonly));
            }
            MonoTy::Tuple(items) => self.list(items, Writer::ty),
            MonoTy::List(item) | MonoTy::Set(item) | MonoTy::Optional(item) => self.ty(item),
            MonoTy::Dict(items) => {
                self.ty(&items.0);
                self.ty(&items.1);
            }
            MonoTy::Record(record) => {
                self.list(&record.fields, |out, (name, ty, offset)| {
                    out.bytes(name.as_bytes());
                    out.ty(ty);
                    out.word(u64::from(*offset));
                });
                self.word(u64::from(record.size));
            }
            _ => {}
        }
    }
}

/// The kinds of types, by the number that stands for each.
const TAGS: [&str; 15] = [
    "unit",
    "bool",
    "int",
    "float",
    "complex",
    "str",
    "array",
    "tuple",
    "list",
    "set",
    "dict",
    "optional",
    "record",
    "datetime",
    "timedelta",
];

fn tag_of(ty: &MonoTy) -> &'static str {
    match ty {
        MonoTy::Unit => "unit",
        MonoTy::Bool => "bool",
        MonoTy::Int(_) => "int",
        MonoTy::Float(_) => "float",
        MonoTy::Complex(_) => "complex",
        MonoTy::Str => "str",
        MonoTy::Array(_) => "array",
        MonoTy::Tuple(_) => "tuple",
        MonoTy::List(_) => "list",
        MonoTy::Set(_) => "set",
        MonoTy::Dict(_) => "dict",
        MonoTy::Optional(_) => "optional",
        MonoTy::Record(_) => "record",
        MonoTy::DateTime => "datetime",
        MonoTy::TimeDelta => "timedelta",
        MonoTy::Iter(_) | MonoTy::Pair(_) | MonoTy::Slice | MonoTy::Range(_) => "",
    }
}

pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn word(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.word()?).ok()?;
        self.take(len)
    }

    pub(super) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    pub(super) fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        (0..self.word()?).map(|_| each(self)).collect()
    }

    fn place<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        all.get(usize::try_from(self.word()?).ok()?).copied()
    }

    pub(super) fn ty(&mut self) -> Option<MonoTy> {
        Some(match self.place(&TAGS)? {
            "unit" => MonoTy::Unit,
            "bool" => MonoTy::Bool,
            "int" => MonoTy::Int(self.place(&INTS)?),
            "float" => MonoTy::Float(self.place(&FLOATS)?),
            "complex" => MonoTy::Complex(self.place(&COMPLEXES)?),
            "str" => MonoTy::Str,
            "array" => {
                let elem = self.ty()?;
                let ndim = u8::try_from(self.word()?).ok()?;
                let layout = self.place(&LAYOUTS)?;
                MonoTy::Array(Box::new(MonoArray { elem, ndim, layout, readonly: self.word()? == 1 }))
            }
            "tuple" => MonoTy::Tuple(self.list(Reader::ty)?),
            "list" => MonoTy::List(Box::new(self.ty()?)),
            "set" => MonoTy::Set(Box::new(self.ty()?)),
            "dict" => MonoTy::Dict(Box::new((self.ty()?, self.ty()?))),
            "optional" => MonoTy::Optional(Box::new(self.ty()?)),
            "record" => {
                let fields = self.list(|from| {
                    Some((from.text()?.into(), from.ty()?, u32::try_from(from.word()?).ok()?))
                })?;
                MonoTy::Record(Box::new(MonoRecord { fields, size: u32::try_from(self.word()?).ok()? }))
            }
            "datetime" => MonoTy::DateTime,
            "timedelta" => MonoTy::TimeDelta,
            _ => return None,
        })
    }
}
