//! What subscripts were in older versions of Numba.

use crate::table::{Outcome, RefusalKind, Typed, Version};
use crate::ty::{ArrayTy, Layout, Ty};

/// Index arrays of any number and rank.
const INDEX_ARRAYS: Version = (0, 66);
/// `None` keeps the layout.
const NEW_AXIS_LAYOUT: Version = (0, 68);

/// The answer that this Numba gives where the newest gives `newest`.
pub(crate) fn as_of(numba: Version, index: &Ty, newest: Outcome) -> Outcome {
    if numba >= INDEX_ARRAYS.max(NEW_AXIS_LAYOUT) {
        return newest;
    }
    let Outcome::Known(typed) = newest else { return newest };
    let parts = index.tuple_items().unwrap_or_else(|| vec![index.clone()]);
    let arrays: Vec<&ArrayTy> = parts
        .iter()
        .filter_map(|part| if let Ty::Array(array) = part { Some(&**array) } else { None })
        .collect();
    let deep = |array: &&ArrayTy| array.elem != Ty::Bool && array.ndim.is_some_and(|ndim| ndim > 1);
    if numba < INDEX_ARRAYS && (arrays.len() > 1 || arrays.iter().any(deep)) {
        let text = "several index arrays, or one of more than one dimension, need Numba 0.66";
        return Outcome::refused(RefusalKind::Other(text.into()));
    }
    match typed.ret {
        Ty::Array(array) if numba < NEW_AXIS_LAYOUT && parts.contains(&Ty::None) => {
            let mut array = (*array).clone();
            array.layout = Layout::A;
            Outcome::Known(Typed { ret: Ty::Array(array.into()), ..typed })
        }
        ret => Outcome::Known(Typed { ret, ..typed }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infer::index::getitem;

    fn item(numba: Version, array: &str, index: &str) -> String {
        let index: Ty = index.parse().unwrap();
        match as_of(numba, &index, getitem(&array.parse().unwrap(), &index)) {
            Outcome::Known(typed) => typed.ret.to_string(),
            _ => "refused".to_owned(),
        }
    }

    #[test]
    fn older_versions_take_one_flat_index_array() {
        let (array, rows) = ("array(float64, 2d, C)", "array(int64, 1d, C)");
        assert_eq!(item((0, 65), array, rows), "array(float64, 2d, C)");
        assert_eq!(item((0, 65), array, &format!("UniTuple({rows} x 2)")), "refused");
        assert_eq!(item((0, 66), array, &format!("UniTuple({rows} x 2)")), "array(float64, 1d, C)");
        assert_eq!(item((0, 65), "array(float64, 1d, C)", "array(int64, 2d, C)"), "refused");
    }

    #[test]
    fn a_new_axis_once_cost_the_layout() {
        let (array, index) = ("array(float64, 1d, C)", "Tuple(none, slice<a:b>)");
        assert_eq!(item((0, 67), array, index), "array(float64, 2d, A)");
        assert_eq!(item((0, 68), array, index), "array(float64, 2d, C)");
    }
}
