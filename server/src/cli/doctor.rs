//! `jitcheck doctor`: what was found on this machine, for bug reports and for people who wonder.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::args::{ConfigArgs, DoctorArgs, TextFormat};
use crate::config::Configs;
use crate::exit::Exit;
use crate::python::{self, About};
use crate::{files, output};

/// A label, and what was found under it.
type Fact = (&'static str, Option<String>);

pub(crate) fn doctor(args: &DoctorArgs) -> Exit {
    let mut facts = own();
    let python = python::find(args.python.as_deref());
    let about = python::about(&python);
    match &about {
        Ok(about) => facts.extend(of_python(&python, about)),
        Err(message) => facts.push(("Python", Some(format!("not usable: {message}")))),
    }
    facts.push(("editors", editors()));
    match args.output_format {
        TextFormat::Json => {
            let key = |label: &str| label.to_lowercase().replace(' ', "_");
            let object: Map<String, Value> =
                facts.iter().map(|(label, value)| (key(label), json!(value))).collect();
            output::print(&format!("{:#}\n", Value::Object(object)));
        }
        TextFormat::Text => {
            let lines = facts
                .iter()
                .map(|(label, value)| format!("{label:18}{}\n", value.as_deref().unwrap_or("not found")));
            output::print(&lines.collect::<String>());
            if about.is_err() {
                output::print(
                    "\nPython is needed only for arguments that are more than literals, for --verify\nand for --against.\n",
                );
            }
        }
    }
    Exit::Clean
}

/// The program and what it is set to.
fn own() -> Vec<Fact> {
    let mut facts: Vec<Fact> = vec![
        ("jitcheck", Some(env!("JITCHECK_VERSION").to_owned())),
        ("binary", std::env::current_exe().ok().map(|path| path.display().to_string())),
        ("platform", Some(format!("{} {}", std::env::consts::OS, std::env::consts::ARCH))),
        ("processors", std::thread::available_parallelism().ok().map(|count| count.to_string())),
    ];
    let here = files::absolute(Path::new("."));
    let config = Configs::new(&ConfigArgs::default(), &[], false).and_then(|configs| configs.get(&here));
    match config {
        Ok(config) => {
            let (major, minor) = config.numba();
            let file = config
                .file
                .as_ref()
                .map_or_else(|| "none, the defaults hold".to_owned(), |file| files::shown(file));
            facts.push(("configuration", Some(file)));
            facts.push(("checks for Numba", Some(format!("{major}.{minor}"))));
        }
        Err(message) => facts.push(("configuration", Some(format!("broken: {message}")))),
    }
    facts
}

fn of_python(python: &Path, about: &About) -> Vec<Fact> {
    let mut facts = vec![("Python", Some(format!("{} ({})", about.version, python.display())))];
    for (name, version) in &about.packages {
        let label = match name.as_str() {
            "numba" => "Numba",
            "numpy" => "NumPy",
            "llvmlite" => "llvmlite",
            _ => "SciPy",
        };
        facts.push((label, version.clone()));
    }
    facts
}

fn editors() -> Option<String> {
    let known =
        [("code", "VS Code"), ("nvim", "Neovim"), ("emacs", "Emacs"), ("hx", "Helix"), ("zed", "Zed")];
    let found = known.into_iter().filter(|(program, _)| python::on_path(program));
    let names: Vec<&str> = found.map(|(_, name)| name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
