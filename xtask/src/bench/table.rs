//! The tables of a run, as texts.

use std::fmt::Write as _;

use super::load::{
    Body, CONNECTIONS, CPU_US, Figure, Load, MINI_HOST, MINI_HOST_DEFAULT_MODE, MINI_HOST_PROXYING, NGINX,
    NGINX_LIKE_PROXYING, P50_MS, RATE, Start,
};
use super::spread::Spread;

const MEBIBYTE: f64 = 1024.0 * 1024.0;
const SPREAD: &str = "     min   median      max";

pub fn starts(starts: &[Start]) -> String {
    let mut out = format!("{:<36}{SPREAD}\n", format!("start to first 200 ({} rounds)", starts.len()));
    line(&mut out, "handler alone, ms", starts.iter().map(|start| start.handler_ms), 1);
    line(&mut out, "mini-host with the handler, ms", starts.iter().map(|start| start.mini_host_ms), 1);
    line(&mut out, "mini-host beyond the handler, ms", beyond(starts), 1);
    line(&mut out, "mini-host idle, MiB", idle(starts), 1);
    out
}

pub fn bodies(bodies: &[Body]) -> String {
    let mut out = format!("{:<36}{SPREAD}\n", "memory for a body of 20 MiB");
    for body in bodies {
        line(&mut out, &format!("{}, copies", body.name), body.copies.iter().copied(), 2);
    }
    out
}

/// Latency, throughput and processor time of what was asked for, each beside the plainest nginx in the same round.
pub fn loads(loads: &[Load], asked: &str, latency: &str) -> String {
    let one = asked.trim_end_matches('s');
    let rounds = loads.first().map_or(0, |load| load.measured[0].len());
    let mut out = String::new();
    for (at, connections) in CONNECTIONS.into_iter().enumerate() {
        let noun = if connections == 1 { "connection" } else { "connections" };
        heading(&mut out, &format!("{connections} {noun}: {latency}, ms ({rounds} rounds)"));
        beside_nginx(&mut out, loads, |load| load.figures(at, P50_MS), 3);
        heading(&mut out, &format!("{connections} {noun}: {asked}/s"));
        beside_nginx(&mut out, loads, |load| load.figures(at, RATE), 0);
        heading(&mut out, &format!("{connections} {noun}: CPU a {one}, µs"));
        beside_nginx(&mut out, loads, |load| load.figures(at, CPU_US), 1);
    }
    let _ = writeln!(out, "{:<36}{:>9}{:>9}", "counts", "requests", "failures");
    for load in loads {
        let all = || load.measured.iter().flatten();
        let requests: u64 = all().map(|measured| measured.requests).sum();
        let failures: u64 = all().map(|measured| measured.failures).sum();
        let _ = writeln!(out, "{:<36}{requests:>9}{failures:>9}", load.name);
    }
    out
}

/// Where [`CONNECTIONS`] has what the goals speak of: one connection for latency, sixteen and more for what a request costs.
const ALONE: usize = 0;
const TOGETHER: usize = 1;
const CROWDED: usize = 2;

/// The goals, by the medians.
pub fn goals(loads: &[Load], streams: &[Load], starts: &[Start], bodies: &[Body]) -> String {
    let median = |values: Vec<f64>| Spread::of(values).map(|spread| spread.median);
    let over = |loads: &[Load], figure: Figure, at: usize, of: &str, to: &str| {
        let named = |name: &str| loads.iter().find(|load| load.name == name).map(|load| load.figures(at, figure));
        median(ratios(&named(of)?, &named(to)?))
    };
    let (p50, rate, cpu) = (P50_MS, RATE, CPU_US);
    let (proxying, default_mode, nginx) = (MINI_HOST_PROXYING, MINI_HOST_DEFAULT_MODE, NGINX_LIKE_PROXYING);
    let copies = bodies.iter().filter_map(|body| median(body.copies.clone())).reduce(f64::max);
    let goals = [
        ("forwarding, p50 over nginx's", "<= 1", over(loads, p50, ALONE, MINI_HOST, NGINX)),
        ("forwarding, throughput over nginx's", ">= 1", over(loads, rate, TOGETHER, MINI_HOST, NGINX)),
        ("proxying, p50 over nginx's", "<= 1", over(loads, p50, ALONE, proxying, nginx)),
        ("proxying, CPU over nginx's, 16 connections", "<= 0.9", over(loads, cpu, TOGETHER, proxying, nginx)),
        ("proxying, CPU over nginx's, 64 connections", "<= 0.9", over(loads, cpu, CROWDED, proxying, nginx)),
        ("an event's first byte over nginx's, 1 connection", "<= 1", over(streams, p50, ALONE, proxying, nginx)),
        ("an event's first byte over nginx's, 16 connections", "<= 1", over(streams, p50, TOGETHER, proxying, nginx)),
        ("an event's first byte over nginx's, 64 connections", "<= 1", over(streams, p50, CROWDED, proxying, nginx)),
        ("default mode, p50 over forwarding's", "<= 2", over(loads, p50, ALONE, default_mode, MINI_HOST)),
        ("forwarding, throughput over default mode's", "<= 2", over(loads, rate, TOGETHER, MINI_HOST, default_mode)),
        ("ready beyond the handler's own start, ms", "<= 20", median(beyond(starts).collect())),
        ("idle, MiB", "<= 12", median(idle(starts).collect())),
        ("copies of a body of 20 MiB", "<= 3", copies),
    ];
    let mut out = format!("{:<52}{:>9}{:>9}\n", "goal, by medians", "wanted", "found");
    for (name, wanted, found) in goals {
        let verdict = found.map_or("not measured", |found| if is_met(wanted, found) { "met" } else { "MISSED" });
        let found = found.map_or("-".to_owned(), |found| format!("{found:.2}"));
        let _ = writeln!(out, "{name:<52}{wanted:>9}{found:>9}  {verdict}");
    }
    out
}

/// Whether a figure is as a goal has it: `<= 0.9`.
fn is_met(wanted: &str, found: f64) -> bool {
    let limit = |sign: &str| wanted.strip_prefix(sign).and_then(|limit| limit.trim().parse::<f64>().ok());
    limit("<=").is_some_and(|limit| found <= limit) || limit(">=").is_some_and(|limit| found >= limit)
}

fn heading(out: &mut String, title: &str) {
    let _ = writeln!(out, "{title:<36}{SPREAD}   over nginx:{}", &SPREAD[4..]);
}

fn beside_nginx(out: &mut String, loads: &[Load], values: impl Fn(&Load) -> Vec<f64>, digits: usize) {
    let plainest = [NGINX, NGINX_LIKE_PROXYING];
    let nginx = plainest.iter().find_map(|name| loads.iter().find(|load| load.name == *name)).map(&values);
    for load in loads {
        let own = values(load);
        let beside = nginx.as_ref().and_then(|nginx| Spread::of(ratios(&own, nginx)));
        let beside = beside.map_or("       -".to_owned(), |spread| spread.columns(2));
        let own = Spread::of(own).map_or(" ".repeat(18) + "       -", |spread| spread.columns(digits));
        let _ = writeln!(out, "{:<36}{own}           {beside}", load.name);
    }
    out.push('\n');
}

fn line(out: &mut String, name: &str, values: impl IntoIterator<Item = f64>, digits: usize) {
    let text = Spread::of(values).map_or("not known here".to_owned(), |spread| spread.columns(digits));
    let _ = writeln!(out, "{name:<36}{text}");
}

fn ratios(of: &[f64], to: &[f64]) -> Vec<f64> {
    of.iter().zip(to).map(|(of, to)| of / to).collect()
}

fn beyond(starts: &[Start]) -> impl Iterator<Item = f64> {
    starts.iter().map(|start| start.mini_host_ms - start.handler_ms)
}

fn idle(starts: &[Start]) -> impl Iterator<Item = f64> {
    starts.iter().map(|start| start.idle_bytes / MEBIBYTE)
}

#[cfg(test)]
mod tests {
    use super::is_met;

    #[test]
    fn a_goal_is_a_limit_from_above_or_below() {
        assert!(is_met("<= 0.9", 0.9) && !is_met("<= 0.9", 0.91));
        assert!(is_met(">= 1", 1.0) && !is_met(">= 1", 0.99));
    }
}
