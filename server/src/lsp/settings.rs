//! What the client can do and what the user wants: negotiated once, and changed by `didChangeConfiguration`.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use tower_lsp::lsp_types::{ClientCapabilities, InitializeParams, MarkupKind};

use super::from_proto;
use super::line_index::Encoding;
use super::project::Project;

/// The user's settings, `jitcheck.*` in the editor.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct UserSettings {
    /// Findings are reported.
    pub enable: bool,
    pub diagnostic_mode: DiagnosticMode,
    /// The Numba whose verdict is wanted, as `0.68`; else what the configuration file says.
    pub numba_version: Option<String>,
    /// The Python that makes arguments and verifies results.
    pub python: Option<PathBuf>,
    pub select: Option<Vec<String>>,
    pub ignore: Vec<String>,
    pub extend_select: Vec<String>,
    pub inlay_hints: InlayHintSettings,
    pub code_lens: CodeLensSettings,
    pub run: RunSettings,
    pub bench: BenchSettings,
}

impl Default for UserSettings {
    fn default() -> UserSettings {
        UserSettings {
            enable: true,
            diagnostic_mode: DiagnosticMode::default(),
            numba_version: None,
            python: None,
            select: None,
            ignore: Vec::new(),
            extend_select: Vec::new(),
            inlay_hints: InlayHintSettings::default(),
            code_lens: CodeLensSettings::default(),
            run: RunSettings::default(),
            bench: BenchSettings::default(),
        }
    }
}

/// Which files a client that asks about the workspace hears of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DiagnosticMode {
    OpenFilesOnly,
    #[default]
    Workspace,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct InlayHintSettings {
    pub variables: bool,
    pub parameters: bool,
    pub returns: bool,
}

impl Default for InlayHintSettings {
    fn default() -> InlayHintSettings {
        InlayHintSettings { variables: true, parameters: true, returns: true }
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct CodeLensSettings {
    pub run: bool,
    pub benchmark: bool,
    pub verify: bool,
    pub specialization: bool,
}

impl Default for CodeLensSettings {
    fn default() -> CodeLensSettings {
        CodeLensSettings { run: true, benchmark: true, verify: true, specialization: true }
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct RunSettings {
    pub boundscheck: bool,
    /// Seconds.
    pub timeout: f64,
    /// MiB.
    pub memory: u64,
}

impl Default for RunSettings {
    fn default() -> RunSettings {
        RunSettings { boundscheck: true, timeout: 30.0, memory: 4096 }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct BenchSettings {
    /// `python`, `numba`.
    pub against: Vec<String>,
}

impl UserSettings {
    /// Reads `{"jitcheck": {..}}` or what is inside it. `Ok(None)` where neither was sent.
    pub(crate) fn read(value: &Value) -> Result<Option<UserSettings>, String> {
        let ours = value.get("jitcheck").unwrap_or(value);
        if !ours.is_object() {
            return Ok(None);
        }
        let ours = without_nulls(ours);
        serde_json::from_value(ours).map(Some).map_err(|why| format!("the settings cannot be read: {why}"))
    }
}

/// Editors send `null` for what the user did not set.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), without_nulls(v))).collect(),
        ),
        other => other.clone(),
    }
}

/// What this client announced.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    pub encoding: Encoding,
    /// It asks for diagnostics; then they are never pushed.
    pub pulls: bool,
    pub markdown: bool,
    pub related: bool,
    pub code_description: bool,
    pub hierarchical_symbols: bool,
    pub progress: bool,
    pub configuration: bool,
    pub watch_registration: bool,
    pub configuration_registration: bool,
    pub refresh_lenses: bool,
    pub refresh_hints: bool,
    pub refresh_diagnostics: bool,
}

impl Client {
    pub(crate) fn of(capabilities: &ClientCapabilities) -> Client {
        let text = capabilities.text_document.as_ref();
        let workspace = capabilities.workspace.as_ref();
        let offered = capabilities.general.as_ref().and_then(|general| general.position_encodings.as_deref());
        let publish = text.and_then(|text| text.publish_diagnostics.as_ref());
        let formats =
            text.and_then(|text| text.hover.as_ref()).and_then(|hover| hover.content_format.as_ref());
        let symbols = text.and_then(|text| text.document_symbol.as_ref());
        Client {
            encoding: Encoding::negotiate(offered),
            pulls: text.is_some_and(|text| text.diagnostic.is_some()),
            markdown: formats.is_some_and(|formats| formats.contains(&MarkupKind::Markdown)),
            related: publish.and_then(|publish| publish.related_information) == Some(true),
            code_description: publish.and_then(|publish| publish.code_description_support) == Some(true),
            hierarchical_symbols: symbols.and_then(|it| it.hierarchical_document_symbol_support)
                == Some(true),
            progress: capabilities.window.as_ref().and_then(|window| window.work_done_progress) == Some(true),
            configuration: workspace.and_then(|it| it.configuration) == Some(true),
            watch_registration: workspace
                .and_then(|it| it.did_change_watched_files.as_ref())
                .and_then(|it| it.dynamic_registration)
                == Some(true),
            configuration_registration: workspace
                .and_then(|it| it.did_change_configuration.as_ref())
                .and_then(|it| it.dynamic_registration)
                == Some(true),
            refresh_lenses: workspace.and_then(|it| it.code_lens.as_ref()).and_then(|it| it.refresh_support)
                == Some(true),
            refresh_hints: workspace.and_then(|it| it.inlay_hint.as_ref()).and_then(|it| it.refresh_support)
                == Some(true),
            refresh_diagnostics: workspace
                .and_then(|it| it.diagnostic.as_ref())
                .and_then(|it| it.refresh_support)
                == Some(true),
        }
    }
}

/// Everything that was agreed with the client. Replaced as a whole when something changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub client: Client,
    pub user: UserSettings,
    /// The workspace's folders, in the client's order.
    pub roots: Vec<PathBuf>,
    /// The user trusts what is in the workspace: code may be run.
    pub trusted: bool,
    /// What configuration files say.
    pub project: Arc<Project>,
    /// What is wrong with them.
    pub problems: Vec<String>,
}

impl Config {
    /// What `initialize` says. `initializationOptions` may hold `settings` and `trusted`.
    pub(crate) fn of(params: &InitializeParams) -> (Config, Option<String>) {
        let options = params.initialization_options.as_ref();
        let trusted = options.and_then(|it| it.get("trusted")).and_then(Value::as_bool).unwrap_or(true);
        let settings = options.map(|it| it.get("settings").unwrap_or(it));
        let (user, problem) = match settings.map(UserSettings::read) {
            Some(Ok(Some(user))) => (user, None),
            Some(Err(why)) => (UserSettings::default(), Some(why)),
            _ => (UserSettings::default(), None),
        };
        let client = Client::of(&params.capabilities);
        (Config { client, user, roots: roots(params), trusted, ..Config::default() }, problem)
    }

    /// Reads the configuration files, and returns what is newly wrong with them.
    pub(crate) fn reread(&mut self) -> Vec<String> {
        let (project, problems) = Project::new(&self.user, &self.roots);
        self.project = Arc::new(project);
        let before = std::mem::replace(&mut self.problems, problems);
        self.problems.iter().filter(|problem| !before.contains(problem)).cloned().collect()
    }

    pub(crate) fn analyzer(&self) -> analyzer::Settings {
        self.project.settings(&self.roots)
    }
}

fn roots(params: &InitializeParams) -> Vec<PathBuf> {
    match &params.workspace_folders {
        Some(folders) if !folders.is_empty() => {
            folders.iter().map(|folder| from_proto::path(&folder.uri)).collect()
        }
        // Older clients send nothing else.
        _ => params.root_uri.iter().map(from_proto::path).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_read_with_and_without_their_section() {
        let inner = json!({ "run": { "timeout": 5, "boundscheck": false }, "python": null });
        for value in [inner.clone(), json!({ "jitcheck": inner })] {
            let settings = UserSettings::read(&value).ok().flatten().expect("settings");
            assert_eq!(
                (settings.run.timeout, settings.run.boundscheck, settings.run.memory),
                (5.0, false, 4096)
            );
            assert_eq!(settings.python, None);
        }
    }

    #[test]
    fn settings_that_make_no_sense_are_a_message() {
        assert!(UserSettings::read(&json!({ "run": { "timeout": "soon" } })).is_err());
        assert_eq!(UserSettings::read(&Value::Null), Ok(None));
    }
}
