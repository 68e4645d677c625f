//! `check --show-settings`

use std::path::{Path, PathBuf};

use super::Run;
use crate::exit::Exit;
use crate::{files, output};

/// Prints what is in force for what the command line names first, as a configuration file would say it.
pub(super) fn show(run: &Run<'_>) -> Result<Exit, String> {
    let path = files::absolute(run.args.paths.first().map_or(Path::new("."), PathBuf::as_path));
    let config = run.config()?;
    let settings = config.settings();
    let file = config.file.as_ref().map_or_else(|| "none".to_owned(), |file| files::shown(file));
    let rules: Vec<&str> = config.rules(&path, &run.selection).into_iter().collect();
    let src = settings.roots.iter().map(|root| root.display().to_string()).collect::<Vec<_>>();
    let decorators = settings.extra_decorators.iter().map(|extra| extra.path.clone()).collect::<Vec<_>>();
    let (major, minor) = config.numba();
    let mut text = format!("# configuration file: {file}\n");
    if let Some(baseline) = config.baseline.as_deref() {
        text.push_str(&format!("baseline = {:?}\n", files::shown(baseline)));
    }
    let values = [
        ("exclude", list(&config.exclude)),
        ("extend-exclude", list(&config.extend_exclude)),
        ("extra-decorators", list(&decorators)),
        ("force-exclude", config.force_exclude.to_string()),
        ("numba-version", format!("\"{major}.{minor}\"")),
        ("presets", list(&config.presets)),
        ("respect-gitignore", config.respect_gitignore.to_string()),
        ("select", list(&rules)),
        ("src", list(&src)),
        ("unsafe-fixes", run.unsafe_fixes(&config).to_string()),
    ];
    values.iter().for_each(|(key, value)| text.push_str(&format!("{key} = {value}\n")));
    text.push_str("\n[per-file-ignores]\n");
    for (pattern, codes) in &config.per_file_ignores {
        text.push_str(&format!("{pattern:?} = {}\n", list(codes)));
    }
    output::print(&text);
    Ok(Exit::Clean)
}

fn list<S: AsRef<str>>(items: &[S]) -> String {
    format!("[{}]", items.iter().map(|item| format!("{:?}", item.as_ref())).collect::<Vec<_>>().join(", "))
}
