//! The report of `bench` as one HTML page that needs nothing else.

use serde_json::Value as Json;

/// A page with the times as bars, longest for the slowest.
pub(crate) fn page(bench: &Json) -> String {
    let mut rows: Vec<(&str, f64)> = vec![("jitcheck", bench["steady_ms"].as_f64().unwrap_or(0.0))];
    if let Some(against) = bench["against"].as_object() {
        rows.extend(
            against.iter().map(|(name, times)| (name.as_str(), times["steady_ms"].as_f64().unwrap_or(0.0))),
        );
    }
    let longest = rows.iter().map(|(_, ms)| *ms).fold(1e-12, f64::max);
    let bars: String = rows
        .iter()
        .map(|(name, ms)| {
            let width = (ms / longest * 100.0).max(0.3);
            let time = super::run::duration(*ms);
            format!("<tr><th>{name}</th><td>{time}</td><td class=bar><i style=\"width:{width:.2}%\"></i></td></tr>\n")
        })
        .collect();
    let function = escape(bench["function"].as_str().unwrap_or_default());
    let types: Vec<&str> =
        bench["specialization"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let types = escape(&types.join(", "));
    let compile = super::run::duration(bench["compile_ms"].as_f64().unwrap_or(0.0));
    let first = super::run::duration(bench["first_result_ms"].as_f64().unwrap_or(0.0));
    let matched = match bench["results_match"].as_bool() {
        Some(true) => "The results are the same.",
        Some(false) => "The results differ.",
        None => "",
    };
    format!(
        "<!doctype html>\n<html lang=en><meta charset=utf-8><title>{function}</title>\n\
         <meta name=viewport content=\"width=device-width\">\n\
         <style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;max-width:48em;margin:2em auto;padding:0 1em}}\
         table{{width:100%;border-collapse:collapse}}th{{text-align:left}}th,td{{padding:.3em .6em;white-space:nowrap}}\
         .bar{{width:70%}}.bar i{{display:block;height:1em;background:#2a7de1}}code{{overflow-wrap:anywhere}}</style>\n\
         <h1><code>{function}</code></h1>\n<p><code>({types})</code></p>\n<table>\n{bars}</table>\n\
         <p>Compiled in {compile}; {first} from start to the first result. {matched}</p>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
