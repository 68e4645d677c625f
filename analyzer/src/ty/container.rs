//! What the types of lists and dicts are made of, apart from that of the items.

use std::sync::Arc;

use super::{Const, Ty};

/// What a list's type says of where the list comes from. Most say nothing, which takes no room of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ListSource(Option<Arc<(bool, Option<Vec<Const>>)>>);

impl ListSource {
    pub fn new(reflected: bool, iv: Option<Vec<Const>>) -> ListSource {
        ListSource((reflected || iv.is_some()).then(|| Arc::new((reflected, iv))))
    }

    /// Of a list that Python keeps, too.
    pub fn reflected() -> ListSource {
        ListSource::new(true, None)
    }

    pub fn is_reflected(&self) -> bool {
        self.0.as_ref().is_some_and(|source| source.0)
    }

    /// The constants of the display that made it, while it is part of the type.
    pub fn iv(&self) -> Option<&[Const]> {
        self.0.as_ref()?.1.as_deref()
    }

    /// The same without the constants of a display.
    pub fn without_iv(&self) -> ListSource {
        ListSource::new(self.is_reflected(), None)
    }
}

/// `DictType[K,V]`, which both `numba.typed` and displays make.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DictTy {
    pub key: Ty,
    pub value: Ty,
    /// The constants of the display that made it, while it is part of the type.
    pub iv: Option<Vec<(Const, Const)>>,
}
