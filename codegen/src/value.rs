//! Dynamic values at the border between the caller and a kernel.

use std::fmt;

use analyzer::mono::{ComplexTy, FloatTy, IntTy, MonoArray, MonoTy};

use crate::runtime::object::{Object, jc_buffer_new};

/// A value that goes into a kernel or comes out of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    None,
    Bool(bool),
    /// An integer with the width it has in the kernel. A Python int is an `I64`, or a `U64` above its range.
    Int(IntTy, i128),
    Float32(f32),
    Float64(f64),
    Complex64(f32, f32),
    Complex128(f64, f64),
    Str(String),
    Tuple(Vec<Value>),
    /// A list. What a kernel does to a list argument is in the argument after the call.
    List(Vec<Value>),
    Set(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Array(ArrayValue),
    Slice(Option<i64>, Option<i64>, Option<i64>),
    Range(i64, i64, i64),
    /// Ticks of the unit of the argument's type.
    DateTime(i64),
    TimeDelta(i64),
    /// A record's bytes.
    Record(Vec<u8>),
}

/// The type of an array's elements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    Bool,
    Int(IntTy),
    Float(FloatTy),
    Complex(ComplexTy),
    DateTime,
    TimeDelta,
    /// A record or another element made of this many bytes.
    Bytes(u32),
}

/// A view into a shared buffer, as NumPy's `ndarray` is. Clones share the data: what a kernel writes into an
/// argument is seen by the caller.
#[derive(Clone)]
pub struct ArrayValue {
    pub dtype: DType,
    pub shape: Vec<usize>,
    /// In bytes; may be zero or negative.
    pub strides: Vec<isize>,
    /// Where the first element is in the buffer, in bytes.
    pub offset: usize,
    pub readonly: bool,
    buffer: Buffer,
}

/// Bytes aligned to 64 that kernels and callers share by reference counting.
#[derive(Clone, Debug)]
pub struct Buffer(pub(crate) Object);

impl Buffer {
    /// Zeroed bytes. `None` where there is no memory.
    pub fn new(bytes: usize) -> Option<Buffer> {
        Object::from_raw(jc_buffer_new(bytes as u64, 1)).map(Buffer)
    }

    /// The size in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies bytes out. Panics where the range is not inside.
    pub fn read(&self, offset: usize, out: &mut [u8]) {
        self.0.read(offset, out);
    }

    /// Copies bytes in. Panics where the range is not inside.
    pub fn write(&self, offset: usize, bytes: &[u8]) {
        self.0.write(offset, bytes);
    }

    /// Whether both are the same memory.
    pub fn same(&self, other: &Buffer) -> bool {
        self.0.as_ptr() == other.0.as_ptr()
    }
}

impl DType {
    pub fn itemsize(&self) -> usize {
        match self {
            DType::Bool => 1,
            DType::Int(int) => int.bits() as usize / 8,
            DType::Float(float) => float.bits() as usize / 8,
            DType::Complex(complex) => complex.part().bits() as usize / 4,
            DType::DateTime | DType::TimeDelta => 8,
            DType::Bytes(size) => *size as usize,
        }
    }

    /// The dtype of a kernel's element type, if arrays can hold it.
    pub fn of(ty: &MonoTy) -> Option<DType> {
        Some(match ty {
            MonoTy::Bool => DType::Bool,
            MonoTy::Int(int) => DType::Int(*int),
            MonoTy::Float(float) => DType::Float(*float),
            MonoTy::Complex(complex) => DType::Complex(*complex),
            MonoTy::DateTime => DType::DateTime,
            MonoTy::TimeDelta => DType::TimeDelta,
            MonoTy::Record(record) => DType::Bytes(record.size),
            _ => return None,
        })
    }

    /// NumPy's name, such as `float64`.
    pub fn name(&self) -> String {
        match self {
            DType::Bool => "bool".into(),
            DType::Int(int) => format!("{}int{}", if int.signed() { "" } else { "u" }, int.bits()),
            DType::Float(float) => format!("float{}", float.bits()),
            DType::Complex(complex) => format!("complex{}", complex.part().bits() * 2),
            DType::DateTime => "datetime64".into(),
            DType::TimeDelta => "timedelta64".into(),
            DType::Bytes(size) => format!("V{size}"),
        }
    }
}

impl ArrayValue {
    /// A C-contiguous array over bytes in C order. `None` where the lengths disagree or there is no memory.
    pub fn from_bytes(dtype: DType, shape: &[usize], bytes: &[u8]) -> Option<ArrayValue> {
        let array = ArrayValue::zeros(dtype, shape)?;
        if bytes.len() != array.buffer.len() {
            return None;
        }
        array.buffer.write(0, bytes);
        Some(array)
    }

    /// A C-contiguous array of zeros. `None` where there is no memory.
    pub fn zeros(dtype: DType, shape: &[usize]) -> Option<ArrayValue> {
        let bytes = shape.iter().try_fold(dtype.itemsize(), |size, dim| size.checked_mul(*dim))?;
        let strides = c_strides(shape, dtype.itemsize());
        Some(ArrayValue {
            dtype,
            shape: shape.to_vec(),
            strides,
            offset: 0,
            readonly: false,
            buffer: Buffer::new(bytes)?,
        })
    }

    /// Any view of a buffer. `None` where an element would lie outside.
    pub fn view(
        buffer: Buffer,
        dtype: DType,
        shape: &[usize],
        strides: &[isize],
        offset: usize,
    ) -> Option<ArrayValue> {
        let (mut low, mut high) = (offset as i128, offset as i128);
        for (dim, stride) in shape.iter().zip(strides) {
            let reach = *stride as i128 * (*dim as i128 - 1).max(0);
            if reach < 0 { low += reach } else { high += reach }
        }
        let empty = shape.contains(&0);
        let fits = low >= 0 && high + dtype.itemsize() as i128 <= buffer.len() as i128;
        (shape.len() == strides.len() && (empty || fits)).then(|| ArrayValue {
            dtype,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            offset,
            readonly: false,
            buffer,
        })
    }

    pub(crate) fn from_parts(
        dtype: DType,
        shape: Vec<usize>,
        strides: Vec<isize>,
        offset: usize,
        readonly: bool,
        buffer: Buffer,
    ) -> ArrayValue {
        ArrayValue { dtype, shape, strides, offset, readonly, buffer }
    }

    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// The number of elements.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn is_c_contiguous(&self) -> bool {
        contiguous(&self.shape, &self.strides, self.dtype.itemsize(), true)
    }

    pub fn is_f_contiguous(&self) -> bool {
        contiguous(&self.shape, &self.strides, self.dtype.itemsize(), false)
    }

    /// The elements' bytes in C order.
    pub fn to_bytes(&self) -> Vec<u8> {
        let item = self.dtype.itemsize();
        let mut out = vec![0; self.size() * item];
        if self.is_c_contiguous() {
            self.buffer.read(if out.is_empty() { 0 } else { self.offset }, &mut out);
            return out;
        }
        for (index, chunk) in out.chunks_exact_mut(item.max(1)).enumerate() {
            self.buffer.read(self.element_offset(index), chunk);
        }
        out
    }

    /// Overwrites the elements with bytes in C order. Panics where the lengths disagree.
    pub fn write_bytes(&self, bytes: &[u8]) {
        assert_eq!(bytes.len(), self.size() * self.dtype.itemsize(), "the bytes fill the array");
        for (index, chunk) in bytes.chunks_exact(self.dtype.itemsize().max(1)).enumerate() {
            self.buffer.write(self.element_offset(index), chunk);
        }
    }

    /// Where the element of this C-order position is in the buffer.
    fn element_offset(&self, mut index: usize) -> usize {
        let mut offset = self.offset as isize;
        for (dim, stride) in self.shape.iter().zip(&self.strides).rev() {
            offset += (index % dim) as isize * stride;
            index /= dim;
        }
        offset as usize
    }

    /// Whether a parameter of this type takes the array.
    pub(crate) fn fits(&self, ty: &MonoArray) -> bool {
        let layout = match ty.layout {
            analyzer::mono::Layout::C => self.is_c_contiguous(),
            analyzer::mono::Layout::F => self.is_f_contiguous(),
            analyzer::mono::Layout::A | analyzer::mono::Layout::Hole => true,
        };
        DType::of(&ty.elem).as_ref() == Some(&self.dtype)
            && self.shape.len() == ty.ndim as usize
            && layout
            && (ty.readonly || !self.readonly)
    }
}

impl PartialEq for ArrayValue {
    fn eq(&self, other: &ArrayValue) -> bool {
        self.dtype == other.dtype && self.shape == other.shape && self.to_bytes() == other.to_bytes()
    }
}

impl fmt::Debug for ArrayValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArrayValue")
            .field("dtype", &self.dtype.name())
            .field("shape", &self.shape)
            .field("strides", &self.strides)
            .finish_non_exhaustive()
    }
}

fn c_strides(shape: &[usize], itemsize: usize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize as isize;
    for (stride, dim) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step *= *dim as isize;
    }
    strides
}

fn contiguous(shape: &[usize], strides: &[isize], itemsize: usize, c_order: bool) -> bool {
    if shape.contains(&0) {
        return true;
    }
    let mut step = itemsize as isize;
    let dims: Vec<usize> =
        if c_order { (0..shape.len()).rev().collect() } else { (0..shape.len()).collect() };
    for dim in dims {
        if shape[dim] != 1 {
            if strides[dim] != step {
                return false;
            }
            step *= shape[dim] as isize;
        }
    }
    true
}
