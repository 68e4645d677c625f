//! The baseline: findings that are known and not reported, so that an old code base can start with what is new.
//!
//! A finding is known by its file, code, function and message, not by its line, so that edits elsewhere change nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use analyzer::{Diagnostic, rules};
use serde::{Deserialize, Serialize};

use super::Run;
use super::group::Checked;
use crate::exit::{Exit, note};
use crate::files;
use crate::output;
use crate::report::count;

/// Where it is written to if nothing says where.
const DEFAULT: &str = "jitcheck-baseline.json";

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    version: u32,
    /// By path, relative to the baseline's directory.
    files: BTreeMap<String, Vec<Known>>,
}

/// Findings that are alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    function: Option<String>,
    message: String,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: usize,
}

fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_one(count: &usize) -> bool {
    *count == 1
}

impl Known {
    fn of(finding: &Diagnostic) -> Known {
        Known {
            code: finding.rule.code.to_owned(),
            function: finding.function.as_deref().map(str::to_owned),
            message: finding.message.clone(),
            count: 1,
        }
    }

    fn is_like(&self, finding: &Diagnostic) -> bool {
        self.code == finding.rule.code
            && self.function.as_deref() == finding.function.as_deref()
            && self.message == finding.message
    }
}

/// The baseline's file, if there is to be one.
fn file(run: &Run<'_>) -> Result<Option<PathBuf>, String> {
    match &run.args.baseline {
        Some(path) => Ok(Some(files::absolute(path))),
        None => Ok(run.config()?.baseline.clone()),
    }
}

fn key(path: &Path, baseline: &Path) -> String {
    let folder = baseline.parent().unwrap_or(Path::new(""));
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// What may be known: a file that does not parse is always told.
fn can_be_known(finding: &Diagnostic) -> bool {
    finding.rule.code != rules::SYNTAX_ERROR.code
}

/// Leaves the known findings out.
pub(super) fn apply(run: &Run<'_>, mut checked: Vec<Checked>) -> Result<Vec<Checked>, String> {
    let Some(path) = file(run)? else { return Ok(checked) };
    let name = files::shown(&path);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("{name}: {}; `--update-baseline` writes one", files::io_message(&error)))?;
    let mut baseline: Baseline =
        serde_json::from_str(&text).map_err(|error| format!("{name}: is no baseline: {error}"))?;
    if baseline.version != 1 {
        return Err(format!("{name}: is a baseline of version {}, not 1", baseline.version));
    }
    let mut idle = 0;
    for file in &mut checked {
        let checked_path = &file.report.source.path;
        let Some(known) = baseline.files.get_mut(&key(checked_path, &path)) else { continue };
        file.report.findings.retain(|finding| {
            let like = known.iter_mut().find(|known| known.count > 0 && known.is_like(finding));
            like.filter(|_| can_be_known(finding)).map(|known| known.count -= 1).is_none()
        });
        // A rule that is off finds nothing, and says nothing about what is left.
        let enabled = run.configs.of_file(checked_path)?.rules(checked_path, &run.selection);
        let left = known.iter().filter(|known| enabled.contains(known.code.as_str()));
        idle += left.map(|known| known.count).sum::<usize>();
    }
    if idle > 0 && !run.args.quiet {
        let them = if idle == 1 {
            "is gone; --update-baseline takes it"
        } else {
            "are gone; --update-baseline takes them"
        };
        note(format_args!("{} of {name} {them} out", count(idle, "finding")));
    }
    Ok(checked)
}

/// Writes the findings of this run. What the baseline says about files that were not checked stays.
pub(super) fn update(run: &Run<'_>, checked: &[Checked]) -> Result<Exit, String> {
    let path = file(run)?.unwrap_or_else(|| files::absolute(Path::new(DEFAULT)));
    let old =
        std::fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str::<Baseline>(&text).ok());
    let mut baseline = Baseline { version: 1, ..old.unwrap_or_default() };
    let mut total = 0;
    for file in checked {
        let mut known: Vec<Known> = Vec::new();
        for finding in file.report.findings.iter().filter(|finding| can_be_known(finding)) {
            match known.iter_mut().find(|known| known.is_like(finding)) {
                Some(known) => known.count += 1,
                None => known.push(Known::of(finding)),
            }
            total += 1;
        }
        known.sort();
        let key = key(&file.report.source.path, &path);
        match known.is_empty() {
            true => baseline.files.remove(&key),
            false => baseline.files.insert(key, known),
        };
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    baseline.files.retain(|name, _| folder.join(name).exists());
    let text = serde_json::to_string_pretty(&baseline).map_err(|error| error.to_string())?;
    let name = files::shown(&path);
    std::fs::write(&path, text + "\n").map_err(|error| format!("{name}: {}", files::io_message(&error)))?;
    output::print(&format!("Wrote {} to {name}\n", count(total, "finding")));
    if file(run)?.is_none() {
        note(format_args!("put `baseline = \"{name}\"` into the configuration, or give --baseline {name}"));
    }
    Ok(Exit::Clean)
}
