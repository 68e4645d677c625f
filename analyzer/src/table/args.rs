//! A row's parameters, and the arguments of one call bound to them.

use smallvec::SmallVec;

use crate::db::Settings;
use crate::ty::{Name, Ty, Why};

use super::{Outcome, Refusal, RefusalKind, Version};

/// One parameter of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    pub name: &'static str,
    /// As written: `None`, `0`, `'C'`.
    pub default: Option<&'static str>,
    pub positional_only: bool,
    pub keyword_only: bool,
    /// `*args`
    pub variadic: bool,
}

/// A parsed parameter list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params(pub Vec<Param>);

impl Params {
    /// Reads Python's notation: `"a, b=None, /, *args, c=0"`. Annotations do not occur.
    pub fn parse(text: &'static str) -> Params {
        let mut params: Vec<Param> = Vec::new();
        let mut keyword_only = false;
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part {
                "/" => params.iter_mut().for_each(|param| param.positional_only = true),
                "*" => keyword_only = true,
                _ => {
                    let (name, default) = match part.split_once('=') {
                        Some((name, default)) => (name.trim(), Some(default.trim())),
                        None => (part, None),
                    };
                    let variadic = name.starts_with('*');
                    params.push(Param {
                        name: name.trim_start_matches('*'),
                        default,
                        positional_only: false,
                        keyword_only,
                        variadic,
                    });
                    keyword_only |= variadic;
                }
            }
        }
        Params(params)
    }
}

/// Types a call of a function value inside a rule: `sorted(key=f)`, `map`, `reduce`.
pub trait Callees {
    /// The Numba whose answer is wanted.
    fn numba(&self) -> Version;
    fn call(&self, func: &Ty, args: &[Ty]) -> Outcome;
}

/// A [`Callees`] that knows no functions: every call is a hole.
pub struct NoCallees;

impl Callees for NoCallees {
    fn numba(&self) -> Version {
        Settings::default().numba
    }

    fn call(&self, _: &Ty, _: &[Ty]) -> Outcome {
        Outcome::Hole(Why::NotModelled("a call inside a library function"))
    }
}

/// The arguments of one call, bound to a row's parameters. For methods the receiver is `recv`, not a parameter.
pub struct Args<'a> {
    pub recv: Option<&'a Ty>,
    /// In order of the parameters; `None` where left out.
    bound: SmallVec<[(&'static str, Option<&'a Ty>); 4]>,
    /// What `*args` took.
    pub rest: Vec<Ty>,
    /// Position in the call as written, by parameter.
    places: SmallVec<[u32; 8]>,
    pub callees: &'a dyn Callees,
    pub path: &'static str,
}

impl<'a> Args<'a> {
    /// Binds the arguments as Python does. Refuses what no types could save.
    pub fn bind(
        path: &'static str,
        params: &Params,
        recv: Option<&'a Ty>,
        positional: &'a [Ty],
        keywords: &'a [(Name, Ty)],
        callees: &'a dyn Callees,
    ) -> Result<Args<'a>, Refusal> {
        let named: SmallVec<[&Param; 8]> = params.0.iter().filter(|param| !param.variadic).collect();
        let takes_rest = params.0.iter().any(|param| param.variadic);
        let slots = named.iter().filter(|param| !param.keyword_only).count();
        let mut bound: SmallVec<[(&'static str, Option<&'a Ty>); 4]> =
            named.iter().map(|param| (param.name, None)).collect();
        let mut places = SmallVec::from_elem(u32::MAX, named.len());
        let mut rest = Vec::new();
        for (place, ty) in positional.iter().enumerate() {
            if place < slots {
                bound[place].1 = Some(ty);
                places[place] = place as u32;
            } else if takes_rest {
                rest.push(ty.clone());
            } else {
                return Err(Refusal {
                    kind: RefusalKind::TooManyArguments {
                        takes: slots as u32,
                        given: positional.len() as u32,
                    },
                    arg: Some(place as u32),
                });
            }
        }
        for (index, (name, ty)) in keywords.iter().enumerate() {
            let place = (positional.len() + index) as u32;
            let slot = named.iter().position(|param| param.name == &**name && !param.positional_only);
            match slot {
                Some(slot) if bound[slot].1.is_none() => {
                    bound[slot].1 = Some(ty);
                    places[slot] = place;
                }
                _ => {
                    return Err(Refusal {
                        kind: RefusalKind::UnsupportedKeyword(name.clone()),
                        arg: Some(place),
                    });
                }
            }
        }
        for (slot, param) in named.iter().enumerate() {
            if bound[slot].1.is_none() && param.default.is_none() {
                return Err(Refusal { kind: RefusalKind::MissingArgument(param.name.into()), arg: None });
            }
        }
        Ok(Args { recv, bound, rest, places, callees, path })
    }

    /// The argument of this parameter, if the call gives it.
    pub fn get(&self, param: &str) -> Option<&Ty> {
        debug_assert!(
            self.bound.iter().any(|(name, _)| *name == param),
            "{} has no parameter {param}",
            self.path
        );
        self.bound.iter().find(|(name, _)| *name == param).and_then(|(_, ty)| *ty)
    }

    /// The argument of a parameter that has no default.
    pub fn req(&self, param: &str) -> &Ty {
        self.get(param).expect("a required parameter is bound, or the call was refused")
    }

    /// The argument at this position of the parameter list.
    pub fn at(&self, index: usize) -> Option<&Ty> {
        self.bound.get(index).and_then(|(_, ty)| *ty)
    }

    /// Whether the parameter is left out, `None`, or an omitted default of `None`.
    pub fn is_none(&self, param: &str) -> bool {
        self.get(param).is_none_or(Ty::is_none)
    }

    /// The parameters in order, each with its argument where the call gives one. `*args` is not among them.
    pub fn params(&self) -> impl Iterator<Item = (&'static str, Option<&Ty>)> {
        self.bound.iter().map(|(name, ty)| (*name, *ty))
    }

    /// The Numba whose answer is wanted.
    pub fn numba(&self) -> Version {
        self.callees.numba()
    }

    /// The receiver of a method or attribute.
    pub fn recv(&self) -> &Ty {
        self.recv.expect("a method has a receiver")
    }

    /// The parameters in order, each with its argument if the call gives one.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Option<&Ty>)> {
        self.bound.iter().map(|(name, ty)| (*name, *ty))
    }

    /// The given arguments in order of parameters, then the rest.
    pub fn given(&self) -> Vec<Ty> {
        self.bound.iter().filter_map(|(_, ty)| ty.cloned()).chain(self.rest.iter().cloned()).collect()
    }

    /// Refuses, blaming the argument of this parameter.
    pub fn refuse(&self, param: &str, kind: RefusalKind) -> Outcome {
        let slot = self.bound.iter().position(|(name, _)| *name == param);
        let place = slot.map(|slot| self.places[slot]).filter(|place| *place != u32::MAX);
        Outcome::Refused(Refusal { kind, arg: place })
    }

    /// No overload takes these types. A hole where any of them is one.
    pub fn no_overload(&self) -> Outcome {
        let given = self.given();
        if let Some(open) = given.iter().chain(self.recv).find(|ty| ty.has_hole()) {
            return crate::infer::ops::unknown(open);
        }
        Outcome::refused(RefusalKind::NoOverload(given))
    }
}
