//! Lines and points, as SVG.

use super::{Timed, escape};
use crate::cli::run::duration;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 130.0;
/// More points than these are not drawn; the highest and lowest of their neighbourhood are.
const MOST_POINTS: usize = 1500;

pub(super) fn range(values: &[f64]) -> (f64, f64) {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * part).round() as usize]
}

/// All samples of one row: points in the order of the calls, the median and the middle half, and how often each time
/// was taken.
pub(super) fn samples(row: &Timed<'_>) -> String {
    if row.samples_ms.is_empty() {
        return String::new();
    }
    let mut sorted = row.samples_ms.to_vec();
    sorted.sort_by(f64::total_cmp);
    let [quarter, median, rest] = [0.25, 0.5, 0.75].map(|part| quantile(&sorted, part));
    // What the system interrupted would leave no room for the others: it is drawn at the upper edge.
    let low = sorted[0];
    let usual = rest + 8.0 * (rest - quarter).max(median * 0.01);
    let high = usual.min(sorted[sorted.len() - 1]).max(low * 1.02).max(low + 1e-9);
    let y = |ms: f64| HEIGHT - 8.0 - (ms.clamp(low, high) - low) / (high - low) * (HEIGHT - 16.0);
    let count = row.samples_ms.len();
    let x = |at: usize| 4.0 + (WIDTH - 8.0) * at as f64 / count.max(2).saturating_sub(1) as f64;
    let step = count.div_ceil(MOST_POINTS);
    let points: String = (row.samples_ms.iter().enumerate())
        .filter(|(at, ms)| at % step == 0 || **ms >= high || **ms <= low)
        .map(|(at, ms)| {
            let class = if *ms > high { " class=out" } else { "" };
            format!("<circle{class} cx=\"{:.1}\" cy=\"{:.1}\" r=\"2\"/>", x(at), y(*ms))
        })
        .collect();
    let (top, bottom) = (y(rest), y(quarter));
    let histogram = histogram(row.samples_ms, low, high);
    format!(
        "<figure>\n<figcaption><b>{}</b> {count} calls · median {} · middle half {} – {}</figcaption>\n\
         <svg viewBox=\"0 0 {} {HEIGHT}\" role=img>\n\
         <rect class=band x=\"0\" y=\"{top:.1}\" width=\"{WIDTH}\" height=\"{:.1}\"/>\n\
         <line class=median x1=\"0\" x2=\"{WIDTH}\" y1=\"{m:.1}\" y2=\"{m:.1}\"/>\n{points}\n{histogram}\
         <text x=\"{tx}\" y=\"14\">{}</text><text x=\"{tx}\" y=\"{}\">{}</text>\n</svg>\n</figure>\n",
        escape(row.name),
        duration(median),
        duration(quarter),
        duration(rest),
        WIDTH + 180.0,
        (bottom - top).max(1.0),
        duration(high),
        HEIGHT - 4.0,
        duration(low),
        m = y(median),
        tx = WIDTH + 108.0,
    )
}

/// Bars that lie on their sides, beside the points.
fn histogram(samples: &[f64], low: f64, high: f64) -> String {
    const BINS: usize = 24;
    let mut bins = [0usize; BINS];
    for ms in samples.iter().filter(|ms| **ms <= high) {
        let at = ((ms - low) / (high - low) * BINS as f64) as usize;
        bins[at.min(BINS - 1)] += 1;
    }
    let most = bins.iter().copied().max().unwrap_or(1).max(1) as f64;
    let height = (HEIGHT - 16.0) / BINS as f64;
    (bins.iter().enumerate())
        .filter(|(_, count)| **count > 0)
        .map(|(at, count)| {
            format!(
                "<rect class=bin x=\"{}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>\n",
                WIDTH + 8.0,
                HEIGHT - 8.0 - height * (at + 1) as f64,
                *count as f64 / most * 92.0,
                height - 0.6,
            )
        })
        .collect()
}

/// A line through values side by side; what is not finite leaves a gap.
pub(super) fn line(values: &[f64]) -> String {
    let (low, high) = range(values);
    let span = if high > low { high - low } else { 1.0 };
    let height = 220.0;
    let x = |at: usize| 4.0 + (WIDTH - 8.0) * at as f64 / values.len().max(2).saturating_sub(1) as f64;
    let y = |value: f64| height - 10.0 - (value - low) / span * (height - 20.0);
    let mut pieces: Vec<Vec<(usize, f64)>> = vec![Vec::new()];
    // The highest and the lowest of neighbours that share a place are both kept.
    let chunk = values.len().div_ceil(MOST_POINTS / 2).max(1);
    for (number, part) in values.chunks(chunk).enumerate() {
        let first = number * chunk;
        let mut kept: Vec<(usize, f64)> = if chunk == 1 {
            vec![(first, part[0])]
        } else {
            let (low, high) = range(part);
            let at = |value: f64| part.iter().position(|own| *own == value).map(|at| (first + at, value));
            let mut kept: Vec<(usize, f64)> = [at(low), at(high)].into_iter().flatten().collect();
            kept.sort_by_key(|(at, _)| *at);
            kept.dedup();
            kept
        };
        kept.retain(|(_, value)| value.is_finite());
        match pieces.last_mut() {
            Some(last) if !kept.is_empty() => last.append(&mut kept),
            _ => pieces.push(Vec::new()),
        }
    }
    let lines: String = pieces
        .into_iter()
        .filter(|piece| !piece.is_empty())
        .map(|piece| {
            let points: Vec<String> =
                piece.iter().map(|(at, value)| format!("{:.1},{:.1}", x(*at), y(*value))).collect();
            format!("<polyline points=\"{}\"/>\n", points.join(" "))
        })
        .collect();
    format!("<svg class=line viewBox=\"0 0 {WIDTH} {height}\" role=img>\n{lines}</svg>\n")
}
