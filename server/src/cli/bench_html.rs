//! The report of `bench` as one HTML page that needs nothing else: times, every sample, and what the kernel returned.

mod picture;
mod plot;

use codegen::Value;
use serde_json::Value as Json;

use super::run::duration;

const STYLE: &str = include_str!("bench_html/style.css");

/// How one of the compared runs the kernel.
pub(crate) struct Timed<'a> {
    pub(crate) name: &'a str,
    pub(crate) compile_ms: Option<f64>,
    pub(crate) first_ms: Option<f64>,
    pub(crate) steady_ms: f64,
    pub(crate) samples_ms: &'a [f64],
}

pub(crate) fn page(bench: &Json, rows: &[Timed<'_>], result: Option<&Value>) -> String {
    let function = escape(bench["function"].as_str().unwrap_or_default());
    let types: Vec<&str> =
        bench["specialization"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let file = escape(bench["file"].as_str().unwrap_or_default());
    let samples: String = rows.iter().map(plot::samples).collect();
    let returned = result.map(picture::show).unwrap_or_default();
    format!(
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>{function} · jitcheck bench</title>\n\
         <meta name=viewport content=\"width=device-width\">\n<style>\n{STYLE}</style>\n\
         <header>\n<h1>{function}</h1>\n<p class=types>({})</p>\n<p class=file>{file}</p>\n</header>\n\
         <section class=tiles>\n{}</section>\n\
         <section>\n<h2>Times</h2>\n{}</section>\n\
         <section>\n<h2>Samples</h2>\n<p class=note>Every warm call in order. The line is the median; half of the calls \
         are in the band; red ones took longer than there is room for.</p>\n{samples}</section>\n{returned}{}</html>\n",
        escape(&types.join(", ")),
        tiles(bench, rows),
        table(rows),
        passes(bench),
    )
}

fn tiles(bench: &Json, rows: &[Timed<'_>]) -> String {
    let mut tiles = String::new();
    let mut tile = |value: String, what: &str, class: &str| {
        tiles.push_str(&format!("<div class=\"tile {class}\"><b>{value}</b><span>{what}</span></div>\n"));
    };
    let Some(own) = rows.first() else { return String::new() };
    tile(duration(own.steady_ms), "a warm call", "");
    for other in &rows[1..] {
        let factor = other.steady_ms / own.steady_ms;
        let name = escape(other.name);
        if factor >= 1.0 {
            tile(times(factor), &format!("faster than {name}"), "good");
        } else {
            tile(times(1.0 / factor), &format!("slower than {name}"), "bad");
        }
    }
    tile(duration(bench["compile_ms"].as_f64().unwrap_or(0.0)), "to compile", "");
    tile(duration(bench["first_result_ms"].as_f64().unwrap_or(0.0)), "from start to the first result", "");
    match bench["results_match"].as_bool() {
        Some(true) => tile("same".into(), "results", "good"),
        Some(false) => tile("differ".into(), "results", "bad"),
        None => {}
    }
    let differences = bench["differences"].as_object();
    for (name, why) in differences.into_iter().flatten() {
        let why = escape(why.as_str().unwrap_or_default());
        tiles.push_str(&format!("<p class=differs>{}: {why}</p>\n", escape(name)));
    }
    tiles
}

fn times(factor: f64) -> String {
    if factor >= 100.0 {
        format!("{factor:.0}×")
    } else if factor >= 10.0 {
        format!("{factor:.1}×")
    } else {
        format!("{factor:.2}×")
    }
}

/// A row for each, with a bar on a scale that grows by factors of ten where the times are far apart.
fn table(rows: &[Timed<'_>]) -> String {
    let steady = |row: &Timed<'_>| row.steady_ms.max(1e-9);
    let slowest = rows.iter().map(steady).fold(1e-9, f64::max);
    let fastest = rows.iter().map(steady).fold(slowest, f64::min);
    let logarithmic = slowest / fastest > 50.0;
    let width = |ms: f64| {
        let whole = if logarithmic {
            // The fastest has a bar as well: the scale starts a factor of ten below it.
            (ms / fastest * 10.0).ln() / (slowest / fastest * 10.0).ln()
        } else {
            ms / slowest
        };
        whole * 100.0
    };
    let optional = |ms: Option<f64>| ms.map_or_else(|| "–".to_owned(), duration);
    let own = rows.first().map_or(1.0, steady);
    let body: String = rows
        .iter()
        .map(|row| {
            let (low, high) = plot::range(row.samples_ms);
            let spread = match row.samples_ms.is_empty() {
                true => "–".to_owned(),
                false => format!("{} – {}", duration(low), duration(high)),
            };
            format!(
                "<tr><th>{}</th><td>{}</td><td>{}</td><td><b>{}</b></td><td>{spread}</td><td>{}</td>\
                 <td class=bar><i style=\"width:{:.2}%\"></i></td></tr>\n",
                escape(row.name),
                optional(row.compile_ms),
                optional(row.first_ms),
                duration(row.steady_ms),
                times(row.steady_ms / own),
                width(steady(row)).clamp(0.3, 100.0),
            )
        })
        .collect();
    let scale = if logarithmic { "<p class=note>Bars grow by factors of ten.</p>\n" } else { "" };
    format!(
        "<div class=wide><table>\n<tr><th></th><th>compile</th><th>first call</th><th>warm call</th>\
         <th>fastest – slowest</th><th>relative</th><th></th></tr>\n{body}</table></div>\n{scale}"
    )
}

fn passes(bench: &Json) -> String {
    let passes = bench["passes"].as_array().into_iter().flatten();
    let chips: String = passes
        .filter_map(|pass| {
            let (name, count) = (pass[0].as_str()?, pass[1].as_u64()?);
            Some(format!("<span class=chip>{} <b>{count}</b></span>\n", escape(name)))
        })
        .collect();
    if chips.is_empty() {
        return String::new();
    }
    format!("<section>\n<h2>Optimisations</h2>\n<p>{chips}</p>\n</section>\n")
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use codegen::{ArrayValue, DType, Value};
    use serde_json::json;

    use super::{Timed, page};

    #[test]
    fn the_page_has_times_samples_and_the_result() {
        let bench = json!({
            "function": "a<b", "specialization": ["int64"], "file": "k.py", "compile_ms": 2.0,
            "first_result_ms": 20.0, "results_match": true, "differences": {}, "passes": [["vectorize", 2]],
        });
        let samples = [1.0, 1.1, 0.9, 5.0];
        let rows = [
            Timed {
                name: "jitcheck",
                compile_ms: Some(2.0),
                first_ms: Some(3.0),
                steady_ms: 1.0,
                samples_ms: &samples,
            },
            Timed { name: "python", compile_ms: None, first_ms: None, steady_ms: 250.0, samples_ms: &[] },
        ];
        let bytes: Vec<u8> = (0..6).flat_map(|at| f64::from(at).to_le_bytes()).collect();
        let float = DType::Float(analyzer::mono::FloatTy::F64);
        let image = Value::Array(ArrayValue::from_bytes(float.clone(), &[2, 3], &bytes).unwrap());
        let line = Value::Array(ArrayValue::from_bytes(float, &[6], &bytes).unwrap());
        let html = page(&bench, &rows, Some(&Value::Tuple(vec![image, line, Value::Float64(f64::NAN)])));
        for part in ["a&lt;b", "250×", "<svg", "data:image/bmp;base64,", "<polyline", "nan", "vectorize"] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("NaN"), "no coordinate is lost");
    }
}
