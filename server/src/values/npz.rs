//! NumPy's `.npz` files: arrays by name.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, Write};
use std::path::Path;

use codegen::{ArrayValue, Value};
use npyz::zip::write::FileOptions;
use npyz::zip::{CompressionMethod, ZipArchive, ZipWriter};

/// The arrays of a file, in their order there.
#[derive(Default)]
pub(crate) struct Npz {
    pub names: Vec<String>,
    arrays: HashMap<String, Array>,
}

/// An array in a file.
#[derive(Clone)]
pub(crate) struct Array {
    /// NumPy's type string.
    pub descr: String,
    pub shape: Vec<usize>,
    pub fortran: bool,
    /// In the file's order.
    pub bytes: Vec<u8>,
}

impl Npz {
    pub(crate) fn read(path: &Path) -> Result<Npz, String> {
        let name = path.display();
        let file = File::open(path).map_err(|error| format!("{name}: {error}"))?;
        Npz::from_reader(BufReader::new(file)).map_err(|error| format!("{name}: {error}"))
    }

    fn from_reader(reader: impl Read + Seek) -> Result<Npz, String> {
        let mut archive = ZipArchive::new(reader).map_err(|error| error.to_string())?;
        let mut npz = Npz::default();
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(|error| error.to_string())?;
            let key = entry.name().trim_end_matches(".npy").to_owned();
            let array = read_array(&mut entry).map_err(|error| format!("{key}: {error}"))?;
            npz.names.push(key.clone());
            npz.arrays.insert(key, array);
        }
        Ok(npz)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Array> {
        self.arrays.get(name)
    }
}

fn read_array(reader: &mut impl Read) -> std::io::Result<Array> {
    let header = npyz::NpyHeader::from_reader(&mut *reader)?;
    let shape = header.shape().iter().map(|length| *length as usize).collect();
    let descr = header.dtype().descr().trim_matches('\'').to_owned();
    let fortran = header.order() == npyz::Order::Fortran;
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    Ok(Array { descr, shape, fortran, bytes })
}

impl Array {
    /// The array as a kernel takes it; a 0-dimensional one is a scalar.
    pub(crate) fn value(&self) -> Result<Value, String> {
        let dtype =
            super::dtype(&self.descr).ok_or_else(|| format!("arrays of {} are not supported", self.descr))?;
        super::bytes_of(&self.shape, dtype.itemsize()).ok_or("the array is larger than memory can be")?;
        if self.shape.is_empty() {
            if self.bytes.len() < dtype.itemsize() {
                return Err("the number's data are missing".to_owned());
            }
            return Ok(super::element(&dtype, &self.bytes));
        }
        if self.fortran && self.shape.len() > 1 {
            return super::wire::fortran(dtype, &self.shape, &self.bytes).map(Value::Array);
        }
        ArrayValue::from_bytes(dtype, &self.shape, &self.bytes)
            .map(Value::Array)
            .ok_or_else(|| "the array's data and shape disagree, or there is no memory".to_owned())
    }
}

/// Writes arrays as NumPy's `savez` does.
pub(crate) fn write(path: &Path, arrays: &[(String, ArrayValue)]) -> Result<(), String> {
    let fail = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::create(path).map_err(|error| fail(&error))?;
    let mut archive = ZipWriter::new(std::io::BufWriter::new(file));
    let options = FileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
    for (name, array) in arrays {
        archive.start_file(format!("{name}.npy"), options).map_err(|error| fail(&error))?;
        archive.write_all(&header(array)).map_err(|error| fail(&error))?;
        archive.write_all(&array.to_bytes()).map_err(|error| fail(&error))?;
    }
    archive.finish().map_err(|error| fail(&error))?;
    Ok(())
}

/// The head of an `.npy` file, version 1.0, padded so that the data is aligned.
fn header(array: &ArrayValue) -> Vec<u8> {
    let shape: String = array.shape.iter().map(|length| format!("{length},")).collect();
    let descr = super::descr(&array.dtype);
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    let used = 10 + text.len() + 1;
    text.push_str(&" ".repeat(used.next_multiple_of(64) - used));
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Every array of a file, as far as they can be read.
    fn read_all(bytes: &[u8]) {
        if let Ok(npz) = Npz::from_reader(Cursor::new(bytes)) {
            for name in &npz.names {
                let _ = npz.get(name).map(Array::value);
            }
        }
    }

    fn array(header: &str, data: &[u8]) -> Result<Value, String> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(data);
        read_array(&mut bytes.as_slice()).map_err(|error| error.to_string())?.value()
    }

    #[test]
    fn a_file_that_lies_about_its_data_is_refused() {
        for shape in ["(3,)", "()", "(4294967295, 4294967295)", "(9223372036854775807,)"] {
            for order in ["False", "True"] {
                let header = format!("{{'descr': '<f8', 'fortran_order': {order}, 'shape': {shape}, }}\n");
                let lie = array(&header, &[0; 4]);
                assert!(lie.is_err(), "{header} {lie:?}");
            }
        }
    }

    #[test]
    fn damaged_files_are_errors_not_panics() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("values.npz");
        let dtype = super::super::dtype("<f8").unwrap();
        let values = ArrayValue::from_bytes(dtype, &[2, 3], &[7; 48]).unwrap();
        write(&path, &[("a".to_owned(), values.clone()), ("b".to_owned(), values)]).unwrap();
        let good = std::fs::read(&path).unwrap();
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..5000 {
            let mut bytes = good.clone();
            for _ in 0..rng.usize(1..6) {
                let at = rng.usize(..bytes.len());
                bytes[at] = rng.u8(..);
            }
            bytes.truncate(rng.usize(..=bytes.len() * 2).min(bytes.len()));
            read_all(&bytes);
        }
    }
}
