//! The configuration as it is written. Its JSON schema and the reference page are made from this.

use std::collections::BTreeMap;
use std::fmt;

use analyzer::rules;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Where the schema is published.
const SCHEMA_ID: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/main/jitcheck.schema.json");

/// Configuration of jitcheck: `[tool.jitcheck]` of a `pyproject.toml`, or a `jitcheck.toml`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "jitcheck")]
pub(crate) struct Options {
    /// Findings that are known and not reported, in this file; `jitcheck check --update-baseline` writes it.
    #[schemars(example = "jitcheck-baseline.json")]
    pub baseline: Option<String>,

    /// Files and directories to leave out, instead of the usual ones (`build`, `venv`, `site-packages` ..).
    #[schemars(example = ["legacy", "*_generated.py"])]
    pub exclude: Option<Vec<String>>,

    /// Files and directories to leave out, besides the usual ones.
    #[schemars(example = ["legacy", "*_generated.py"])]
    pub extend_exclude: Option<Vec<String>>,

    /// Rules to check, besides those that are on.
    #[schemars(example = ["index-wraps"])]
    pub extend_select: Option<Vec<Code>>,

    /// Decorators of your own that compile like one of Numba's: dotted paths, or tables that say which and with what
    /// options.
    #[schemars(example = serde_json::json!(["mypackage.compat.fast_njit", { "path": "mypackage.pvec", "like": "vectorize", "parallel": true }]))]
    pub extra_decorators: Option<Vec<ExtraDecorator>>,

    /// Leave excluded files out even where they are named on the command line, as pre-commit names them.
    #[schemars(example = true)]
    pub force_exclude: Option<bool>,

    /// Rules to leave out.
    #[schemars(example = ["list-argument"])]
    pub ignore: Option<Vec<Code>>,

    /// The Numba whose verdict is wanted.
    #[schemars(regex(pattern = r"^\d+\.\d+(\.\d+)?$"), example = "0.68")]
    pub numba_version: Option<String>,

    /// Rules to leave out in the files that match a pattern.
    #[schemars(example = BTreeMap::from([("tests/**", ["list-argument"])]))]
    pub per_file_ignores: Option<BTreeMap<String, Vec<Code>>>,

    /// Packages whose own decorators are known.
    #[schemars(example = ["datashader"])]
    pub presets: Option<Vec<Preset>>,

    /// Leave out what `.gitignore` leaves out; on unless set to false.
    #[schemars(example = false)]
    pub respect_gitignore: Option<bool>,

    /// Rules to check, instead of those that are on (`all` for every rule).
    #[schemars(example = ["all"])]
    pub select: Option<Vec<Code>>,

    /// Directories in which imports are looked up.
    #[schemars(example = [".", "src"])]
    pub src: Option<Vec<String>>,

    /// Take fixes into account that may change what the code does.
    #[schemars(example = true)]
    pub unsafe_fixes: Option<bool>,
}

/// A rule's code, or `all`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Code(pub String);

impl TryFrom<String> for Code {
    type Error = String;

    fn try_from(text: String) -> Result<Code, String> {
        super::known_code(&text)?;
        Ok(Code(text))
    }
}

impl JsonSchema for Code {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let all = std::iter::once("all").chain(rules::ALL.iter().map(|rule| rule.code));
        json_schema!({
            "description": "A rule's code, or `all`.",
            "type": "string",
            "enum": all.collect::<Vec<_>>(),
        })
    }
}

/// A decorator that compiles like one of Numba's.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub(crate) enum ExtraDecorator {
    /// Its dotted path; it compiles like `njit`.
    Path(String),
    Table(DecoratorTable),
}

/// Written out, for what is derived says of a wrong key only that nothing matches.
impl<'de> Deserialize<'de> for ExtraDecorator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ExtraDecorator, D::Error> {
        struct PathOrTable;

        impl<'de> Visitor<'de> for PathOrTable {
            type Value = ExtraDecorator;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a dotted path or a table with `path`")
            }

            fn visit_str<E: de::Error>(self, path: &str) -> Result<ExtraDecorator, E> {
                Ok(ExtraDecorator::Path(path.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ExtraDecorator, A::Error> {
                DecoratorTable::deserialize(MapAccessDeserializer::new(map)).map(ExtraDecorator::Table)
            }
        }

        deserializer.deserialize_any(PathOrTable)
    }
}

/// A decorator with what it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DecoratorTable {
    /// Its dotted path.
    pub path: String,
    /// What it compiles like.
    #[serde(default)]
    pub like: Like,
    /// Options that it gives.
    #[serde(default)]
    pub parallel: bool,
    #[serde(default)]
    pub fastmath: bool,
}

/// Numba's decorators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Like {
    #[default]
    Njit,
    Jit,
    Vectorize,
    Guvectorize,
    Stencil,
    Cfunc,
    Jitclass,
    Overload,
}

impl Like {
    /// The path of Numba's decorator.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Like::Njit => "numba.njit",
            Like::Jit => "numba.jit",
            Like::Vectorize => "numba.vectorize",
            Like::Guvectorize => "numba.guvectorize",
            Like::Stencil => "numba.stencil",
            Like::Cfunc => "numba.cfunc",
            Like::Jitclass => "numba.experimental.jitclass",
            Like::Overload => "numba.extending.overload",
        }
    }
}

/// A package whose decorators are known.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Preset(pub String);

impl TryFrom<String> for Preset {
    type Error = String;

    fn try_from(text: String) -> Result<Preset, String> {
        if super::presets::find(&text).is_some() {
            return Ok(Preset(text));
        }
        Err(format!("no preset is called `{text}`{}", super::suggest(&text, super::presets::names())))
    }
}

impl JsonSchema for Preset {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Preset".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A package whose own decorators are known.",
            "type": "string",
            "enum": super::presets::names().collect::<Vec<_>>(),
        })
    }
}

/// The JSON schema of a configuration, as it is published.
pub(crate) fn schema() -> Schema {
    let settings = schemars::generate::SchemaSettings::draft07();
    let mut schema = settings
        .with_transform(RecursiveTransform(without_null))
        .into_generator()
        .into_root_schema_for::<Options>();
    schema.insert("$id".to_owned(), SCHEMA_ID.into());
    schema
}

/// TOML has no null: what is optional is left out.
fn without_null(schema: &mut Schema) {
    schema.remove("default");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|ty| ty != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type") != Some(&Value::from("null")));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            only.into_iter().for_each(|(key, value)| {
                schema.insert(key, value);
            });
        }
    }
}
