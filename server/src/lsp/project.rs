//! The configuration files behind the open files: the same rules and comments hold here as on the command line.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use analyzer::{Diagnostic, Settings};

use super::documents::Document;
use super::settings::UserSettings;
use crate::args::ConfigArgs;
use crate::config::{Configs, Selection, known_rule};
use crate::files::Source;
use crate::suppress;

/// What configuration files and the user's settings make together.
pub(crate) struct Project {
    /// `None` if the settings make no sense; then the defaults hold.
    configs: Option<Arc<Configs>>,
    selection: Selection,
}

impl std::fmt::Debug for Project {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Project").field("selection", &self.selection).finish_non_exhaustive()
    }
}

impl Default for Project {
    fn default() -> Project {
        Project::new(&UserSettings::default(), &[]).0
    }
}

impl Project {
    /// Reads the configuration of the workspace; what cannot be read is said and left out.
    pub(crate) fn new(user: &UserSettings, roots: &[PathBuf]) -> (Project, Vec<String>) {
        let mut problems = Vec::new();
        let mut known = |codes: &[String]| -> Vec<String> {
            let (good, bad): (Vec<_>, Vec<_>) =
                codes.iter().cloned().partition(|code| code == "all" || known_rule(code).is_ok());
            problems.extend(bad.iter().filter_map(|code| known_rule(code).err()));
            good
        };
        let selection = Selection {
            select: user.select.as_deref().map(&mut known),
            extend_select: known(&user.extend_select),
            ignore: known(&user.ignore),
            ignored_in: Vec::new(),
        };
        let args = ConfigArgs { numba_version: user.numba_version.clone(), ..ConfigArgs::default() };
        let configs = Configs::new(&args, &[], false).map_err(|why| problems.push(why)).ok();
        for root in roots {
            let read = configs.as_ref().map(|configs| configs.get(root));
            problems.extend(read.and_then(Result::err));
        }
        (Project { configs, selection }, problems)
    }

    /// What the analyzer is told. There is one analyzer for all folders: their roots are put together, and the first
    /// folder decides about the rest.
    pub(crate) fn settings(&self, roots: &[PathBuf]) -> Settings {
        let folders = roots.iter().filter_map(|root| Some((root, self.configs.as_ref()?.get(root).ok()?)));
        let mut all: Option<Settings> = None;
        for (folder, config) in folders {
            let mut settings = config.settings();
            // Without a configuration file, sources are looked for where the folder is, not where the server was started.
            if config.file.is_none() {
                settings.roots =
                    config.src.iter().map(|src| crate::files::absolute(&folder.join(src))).collect();
            }
            match &mut all {
                None => all = Some(settings),
                Some(all) => {
                    let more = settings
                        .roots
                        .into_iter()
                        .filter(|root| !all.roots.contains(root))
                        .collect::<Vec<_>>();
                    all.roots.extend(more);
                    all.extra_decorators.extend(settings.extra_decorators);
                }
            }
        }
        all.unwrap_or_default()
    }

    /// Leaves out what the user does not want to see.
    pub(crate) fn filter(&self, document: &Document, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let enabled = self.rules(&document.path);
        found.retain(|it| enabled.contains(it.rule.code));
        // Reading the comments takes a table of lines, and most files have none that concern us.
        let concerned = ["jitcheck:", "noqa", "NOQA"].iter().any(|word| document.text.contains(word));
        if concerned {
            let source = Source::from_text(&document.path, document.code());
            found = suppress::apply(&source, &enabled, found);
        }
        found.sort_by(|a, b| {
            (a.start, a.end, a.rule.code, &a.message).cmp(&(b.start, b.end, b.rule.code, &b.message))
        });
        found
    }

    /// The Python files of the workspace that the configuration does not leave out.
    pub(crate) fn files(&self, roots: &[PathBuf]) -> Vec<PathBuf> {
        let Some(configs) = &self.configs else {
            return Vec::new();
        };
        let mut files = crate::files::find(roots, configs).files;
        files.retain(|file| !crate::files::is_notebook(file));
        files
    }

    /// Whether a text can hold a kernel at all; most files of a workspace cannot, and are not even parsed.
    pub(crate) fn may_hold_kernels(&self, text: &str, settings: &Settings) -> bool {
        let names = settings.extra_decorators.iter().filter_map(|extra| extra.path.rsplit('.').next());
        ["jit", "numba", "vectorize", "stencil", "cfunc"]
            .into_iter()
            .chain(names)
            .any(|word| text.contains(word))
    }

    fn rules(&self, path: &Path) -> BTreeSet<&'static str> {
        match self.configs.as_ref().and_then(|configs| configs.of_file(path).ok()) {
            Some(config) => config.rules(path, &self.selection),
            // A configuration that cannot be read silences nothing.
            None => analyzer::rules::ALL.iter().filter(|rule| rule.default).map(|rule| rule.code).collect(),
        }
    }
}
