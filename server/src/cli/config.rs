//! `jitcheck config`: the keys of the configuration, as text, as a page, and as a JSON schema.

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::args::{PageFormat, ShowConfigArgs};
use crate::config::options;
use crate::exit::Exit;
use crate::output;
use crate::render::wrap;

const INTRODUCTION: &str = "\
# Configuration

<!-- Written by `JITCHECK_WRITE_DOCS=1 cargo test -p jitcheck --test docs`. -->

A `jitcheck.toml`, a `.jitcheck.toml`, or the table `[tool.jitcheck]` of a `pyproject.toml`. For each file the nearest one
above it holds, and it holds alone: nothing is inherited. Patterns and paths are relative to it. Keys that do not exist
are an error.

`jitcheck check --config FILE` uses another file, `--config 'KEY = VALUE'` sets one key, `--isolated` uses none, and
`--show-settings` prints what is in force. Editors complete and check the file with
[`jitcheck.schema.json`](../jitcheck.schema.json); with a TOML extension the first line of a `jitcheck.toml` may name it:

```toml
#:schema https://github.com/jitcheck/jitcheck/raw/main/jitcheck.schema.json
```
";

/// A key as the schema describes it.
struct Key<'a> {
    name: &'a str,
    description: String,
    example: Option<&'a Value>,
}

pub(crate) fn config(args: &ShowConfigArgs) -> Exit {
    let schema = options::schema();
    if args.schema {
        output::print(&format!("{:#}\n", schema.as_value()));
        return Exit::Clean;
    }
    let keys = keys(schema.as_value());
    let text = match args.output_format {
        PageFormat::Text => text(&keys),
        PageFormat::Markdown => markdown(&keys),
        PageFormat::Json => {
            let all = keys.iter().map(
                |key| json!({ "key": key.name, "description": key.description, "example": key.example }),
            );
            format!("{:#}\n", Value::Array(all.collect()))
        }
    };
    output::print(&text);
    Exit::Clean
}

fn keys(schema: &Value) -> Vec<Key<'_>> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| Key {
            name,
            description: property
                .get("description")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .replace('\n', " "),
            example: property.get("examples").and_then(|examples| examples.get(0)),
        })
        .collect()
}

/// An example as TOML has it.
fn toml(key: &Key<'_>) -> Option<String> {
    let example = key.example?;
    if let Value::Object(table) = example {
        let lines =
            table.iter().map(|(name, value)| format!("{} = {}\n", Value::from(name.as_str()), inline(value)));
        return Some(format!("[{}]\n{}", key.name, lines.collect::<String>()));
    }
    Some(format!("{} = {}\n", key.name, inline(example)))
}

fn inline(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(table) => {
            let items = table.iter().map(|(key, value)| format!("{key} = {}", inline(value)));
            format!("{{ {} }}", items.collect::<Vec<_>>().join(", "))
        }
        value => value.to_string(),
    }
}

fn text(keys: &[Key<'_>]) -> String {
    let bold = Style::new().bold();
    let code = AnsiColor::Cyan.on_default();
    let mut text = String::new();
    for key in keys {
        text.push_str(&format!("{bold}{}{bold:#}\n", key.name));
        for line in wrap(&key.description, output::look().width - 4).lines() {
            text.push_str(&format!("    {line}\n"));
        }
        for line in toml(key).unwrap_or_default().lines() {
            text.push_str(&format!("      {code}{line}{code:#}\n"));
        }
    }
    text
}

fn markdown(keys: &[Key<'_>]) -> String {
    let mut text = INTRODUCTION.to_owned();
    for key in keys {
        text.push_str(&format!("\n## `{}`\n\n{}\n", key.name, wrap(&key.description, 118)));
        if let Some(toml) = toml(key) {
            text.push_str(&format!("\n```toml\n{toml}```\n"));
        }
    }
    text
}
