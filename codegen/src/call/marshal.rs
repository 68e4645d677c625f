//! Between [`Value`]s and the 64-bit slots that hold a value's components.

use analyzer::mono::{ComplexTy, FloatTy, IntTy, MonoArray, MonoTy};

use crate::lower::repr;
use crate::runtime::object::{Header, Object, jc_list_new, new_str};
use crate::runtime::table;
use crate::value::{ArrayValue, Buffer, DType, Value};

/// Appends the components of a value. Each object gets a reference of its own. Appends nothing that owns anything
/// when it fails.
pub(super) fn to_slots(value: &Value, ty: &MonoTy, out: &mut Vec<u64>) -> Result<(), String> {
    let start = out.len();
    let done = push(value, ty, out);
    if done.is_err() {
        super::release(&out[start..], std::slice::from_ref(ty));
        out.truncate(start);
    }
    done
}

fn push(value: &Value, ty: &MonoTy, out: &mut Vec<u64>) -> Result<(), String> {
    match (value, ty) {
        (_, MonoTy::Unit) => {}
        (Value::Bool(value), MonoTy::Bool) => out.push(u64::from(*value)),
        (Value::Int(_, value), MonoTy::Int(int)) => out.push(int_slot(*value, *int)?),
        (Value::Bool(value), MonoTy::Int(_)) => out.push(u64::from(*value)),
        (Value::Float32(value), MonoTy::Float(float)) => out.push(float_slot(f64::from(*value), *float)),
        (Value::Float64(value), MonoTy::Float(float)) => out.push(float_slot(*value, *float)),
        (Value::Int(_, value), MonoTy::Float(float)) => out.push(float_slot(*value as f64, *float)),
        (Value::Complex64(re, im), MonoTy::Complex(complex)) => {
            push_complex(f64::from(*re), f64::from(*im), *complex, out);
        }
        (Value::Complex128(re, im), MonoTy::Complex(complex)) => push_complex(*re, *im, *complex, out),
        (Value::Float64(re), MonoTy::Complex(complex)) => push_complex(*re, 0.0, *complex, out),
        (Value::Int(_, re), MonoTy::Complex(complex)) => push_complex(*re as f64, 0.0, *complex, out),
        (Value::Str(text), MonoTy::Str) => {
            let points: Vec<u32> = text.chars().map(u32::from).collect();
            out.push(object(new_str(&points))?);
        }
        (Value::DateTime(ticks), MonoTy::DateTime) | (Value::TimeDelta(ticks), MonoTy::TimeDelta) => {
            out.push(*ticks as u64);
        }
        (Value::Tuple(items), MonoTy::Tuple(tys)) if items.len() == tys.len() => {
            for (item, ty) in items.iter().zip(tys) {
                to_slots(item, ty, out)?;
            }
        }
        (Value::Array(array), MonoTy::Array(ty)) if array.fits(ty) => push_array(array, out),
        (Value::List(items), MonoTy::List(elem)) => out.push(list_slot(items, elem)?),
        (Value::Set(items), MonoTy::Set(elem)) => {
            let table = object(table::new_table(elem, &MonoTy::Unit))?;
            out.push(table);
            for item in items {
                insert(table, item, elem, &Value::None, &MonoTy::Unit)?;
            }
        }
        (Value::Dict(items), MonoTy::Dict(tys)) => {
            let table = object(table::new_table(&tys.0, &tys.1))?;
            out.push(table);
            for (key, item) in items {
                insert(table, key, &tys.0, item, &tys.1)?;
            }
        }
        (Value::None, MonoTy::Optional(inner)) => {
            out.resize(out.len() + 1 + repr::components(inner).len(), 0);
        }
        (value, MonoTy::Optional(inner)) => {
            out.push(1);
            to_slots(value, inner, out)?;
        }
        (Value::Slice(start, stop, step), MonoTy::Slice) => {
            let (start, stop, step) = repr::slice_bounds(*start, *stop, *step);
            out.extend([start as u64, stop as u64, step as u64]);
        }
        (Value::Range(start, stop, step), MonoTy::Range(_)) => {
            out.extend([*start as u64, *stop as u64, *step as u64]);
        }
        _ => return Err("its type is not the one the code was compiled for".into()),
    }
    Ok(())
}

fn object(raw: *mut Header) -> Result<u64, String> {
    if raw.is_null() { Err("there is no memory for it".into()) } else { Ok(raw as u64) }
}

fn int_slot(value: i128, int: IntTy) -> Result<u64, String> {
    let bits = int.bits();
    let (low, high) = if int.signed() {
        (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
    } else {
        (0, (1i128 << bits) - 1)
    };
    if (low..=high).contains(&value) { Ok(value as u64) } else { Err(format!("{value} is out of range")) }
}

fn float_slot(value: f64, float: FloatTy) -> u64 {
    match float {
        FloatTy::F64 => value.to_bits(),
        FloatTy::F32 | FloatTy::F16 => u64::from((value as f32).to_bits()),
    }
}

fn push_complex(re: f64, im: f64, complex: ComplexTy, out: &mut Vec<u64>) {
    out.extend([float_slot(re, complex.part()), float_slot(im, complex.part())]);
}

fn push_array(array: &ArrayValue, out: &mut Vec<u64>) {
    let buffer = array.buffer().clone();
    out.extend([0, buffer.0.address().wrapping_add(array.offset as u64)]);
    let mem = out.len() - 2;
    out[mem] = buffer.0.into_raw() as u64;
    out.extend(array.shape.iter().map(|dim| *dim as u64));
    out.extend(array.strides.iter().map(|stride| *stride as u64));
}

fn list_slot(items: &[Value], elem: &MonoTy) -> Result<u64, String> {
    let (slots, objects) = repr::slot_mask(elem);
    let raw = object(jc_list_new(slots, objects, items.len() as u64))?;
    let list = Object::from_raw(raw as *mut Header).ok_or("there is no memory for it")?;
    fill_list(&list, items, elem)?;
    Ok(list.into_raw() as u64)
}

fn fill_list(list: &Object, items: &[Value], elem: &MonoTy) -> Result<(), String> {
    for (index, item) in items.iter().enumerate() {
        let mut slots = Vec::new();
        to_slots(item, elem, &mut slots)?;
        if !list.set_list_len(index + 1) {
            return Err("there is no memory for it".into());
        }
        for (slot, bits) in slots.iter().enumerate() {
            list.write((index * slots.len() + slot) * 8, &bits.to_le_bytes());
        }
    }
    Ok(())
}

fn insert(raw: u64, key: &Value, key_ty: &MonoTy, item: &Value, item_ty: &MonoTy) -> Result<(), String> {
    let (mut keys, mut items) = (Vec::new(), Vec::new());
    to_slots(key, key_ty, &mut keys)?;
    to_slots(item, item_ty, &mut items)?;
    table::insert(raw as *mut Header, &keys, &items);
    Ok(())
}

/// Takes a value's components off the front of the slots, and their references with them.
pub(super) fn from_slots(ty: &MonoTy, slots: &mut &[u64]) -> Value {
    let mut next = || {
        let (first, rest) = slots.split_first().expect("there is a slot for each component");
        *slots = rest;
        *first
    };
    match ty {
        MonoTy::Unit | MonoTy::Iter(_) | MonoTy::Pair(_) => {
            for _ in repr::components(ty) {
                next();
            }
            Value::None
        }
        MonoTy::Bool => Value::Bool(next() & 0xff != 0),
        MonoTy::Int(int) => Value::Int(*int, int_value(next(), *int)),
        MonoTy::Float(FloatTy::F64) => Value::Float64(f64::from_bits(next())),
        MonoTy::Float(_) => Value::Float32(f32::from_bits(next() as u32)),
        MonoTy::Complex(ComplexTy::C128) => Value::Complex128(f64::from_bits(next()), f64::from_bits(next())),
        MonoTy::Complex(ComplexTy::C64) => {
            Value::Complex64(f32::from_bits(next() as u32), f32::from_bits(next() as u32))
        }
        MonoTy::DateTime => Value::DateTime(next() as i64),
        MonoTy::TimeDelta => Value::TimeDelta(next() as i64),
        MonoTy::Str => match Object::from_raw(next() as *mut Header) {
            Some(text) => Value::Str(crate::runtime::object::str_text(text.as_ptr())),
            None => Value::Str(String::new()),
        },
        MonoTy::Array(array) => array_value(array, slots),
        MonoTy::Tuple(tys) => Value::Tuple(tys.iter().map(|ty| from_slots(ty, slots)).collect()),
        MonoTy::List(elem) => match Object::from_raw(next() as *mut Header) {
            Some(list) => Value::List(list_values(&list, elem)),
            None => Value::List(Vec::new()),
        },
        MonoTy::Set(elem) => match Object::from_raw(next() as *mut Header) {
            Some(set) => {
                Value::Set(table_values(&set, elem, &MonoTy::Unit).into_iter().map(|(key, _)| key).collect())
            }
            None => Value::Set(Vec::new()),
        },
        MonoTy::Dict(tys) => match Object::from_raw(next() as *mut Header) {
            Some(dict) => Value::Dict(table_values(&dict, &tys.0, &tys.1)),
            None => Value::Dict(Vec::new()),
        },
        MonoTy::Optional(inner) => {
            let present = next() & 0xff != 0;
            let value = from_slots(inner, slots);
            if present { value } else { Value::None }
        }
        MonoTy::Slice => {
            let (start, stop, step) = (next() as i64, next() as i64, next() as i64);
            Value::Slice(Some(start), Some(stop), Some(step))
        }
        MonoTy::Range(_) => Value::Range(next() as i64, next() as i64, next() as i64),
        MonoTy::Record(_) => {
            for _ in repr::components(ty) {
                next();
            }
            Value::None
        }
    }
}

fn int_value(bits: u64, int: IntTy) -> i128 {
    let unused = 64 - int.bits();
    if int.signed() {
        i128::from(((bits << unused) as i64) >> unused)
    } else {
        i128::from((bits << unused) >> unused)
    }
}

fn array_value(ty: &MonoArray, slots: &mut &[u64]) -> Value {
    let ndim = ty.ndim as usize;
    let (own, rest) = slots.split_at(2 + 2 * ndim);
    *slots = rest;
    let shape: Vec<usize> = own[2..2 + ndim].iter().map(|dim| *dim as usize).collect();
    let strides = own[2 + ndim..].iter().map(|stride| *stride as isize).collect();
    let dtype = DType::of(&ty.elem).unwrap_or(DType::Bytes(1));
    let owner = Object::from_raw(own[0] as *mut Header).map(Buffer).or_else(|| Buffer::new(0));
    let Some(buffer) = owner else { return Value::None };
    let offset = (own[1].wrapping_sub(buffer.0.address())) as usize;
    let offset = if shape.contains(&0) { 0 } else { offset };
    Value::Array(ArrayValue::from_parts(dtype, shape, strides, offset, ty.readonly, buffer))
}

/// Copies the items of a list, with references of their own.
fn list_values(list: &Object, elem: &MonoTy) -> Vec<Value> {
    let components = repr::components(elem);
    (0..list.len())
        .map(|index| {
            let slots: Vec<u64> = (0..components.len())
                .map(|slot| {
                    let mut bits = [0; 8];
                    list.read((index * components.len() + slot) * 8, &mut bits);
                    u64::from_le_bytes(bits)
                })
                .collect();
            owned_value(elem, &slots)
        })
        .collect()
}

fn table_values(table: &Object, key: &MonoTy, value: &MonoTy) -> Vec<(Value, Value)> {
    table::entries(table.as_ptr())
        .into_iter()
        .map(|(keys, values)| (owned_value(key, &keys), owned_value(value, &values)))
        .collect()
}

/// A value from slots that somebody else goes on holding.
fn owned_value(ty: &MonoTy, slots: &[u64]) -> Value {
    for (slot, component) in slots.iter().zip(repr::components(ty)) {
        if component.object {
            crate::runtime::object::jc_incref(*slot as *mut Header);
        }
    }
    from_slots(ty, &mut &*slots)
}

/// Replaces the containers inside an argument by what the kernel made of them.
pub(super) fn read_back(value: &mut Value, ty: &MonoTy, mut slots: &[u64]) {
    match (value, ty) {
        (Value::Tuple(items), MonoTy::Tuple(tys)) => {
            for (item, ty) in items.iter_mut().zip(tys) {
                read_back(item, ty, slots);
                slots = &slots[repr::components(ty).len()..];
            }
        }
        (
            value @ (Value::List(_) | Value::Set(_) | Value::Dict(_)),
            MonoTy::List(_) | MonoTy::Set(_) | MonoTy::Dict(_),
        ) => {
            *value = owned_value(ty, &slots[..1]);
        }
        (value, MonoTy::Optional(inner)) if !matches!(value, Value::None) => {
            read_back(value, inner, &slots[1..])
        }
        _ => {}
    }
}
