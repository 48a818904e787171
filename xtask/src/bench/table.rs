//! The tables of a run, as texts.

use std::fmt::Write as _;

use super::results::{
    Body, CONNECTIONS, Load, MINI_HOST, MINI_HOST_DEFAULT_MODE, MINI_HOST_PROXYING, NGINX, NGINX_LIKE_PROXYING,
    NGINX_WITH_HEADERS, Start,
};
use super::spread::Spread;

const MEBIBYTE: f64 = 1024.0 * 1024.0;
const SPREAD: &str = "     min   median      max";

/// Starts and idle memory.
pub fn starts(starts: &[Start]) -> String {
    let mut out = format!("{:<36}{SPREAD}\n", format!("start to first 200 ({} rounds)", starts.len()));
    line(&mut out, "handler alone, ms", starts.iter().map(|start| start.handler_ms), 1);
    line(&mut out, "mini-host with the handler, ms", starts.iter().map(|start| start.mini_host_ms), 1);
    line(&mut out, "mini-host beyond the handler, ms", beyond(starts), 1);
    line(&mut out, "mini-host idle, MiB", idle(starts), 1);
    out
}

/// What a large body costs.
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
        beside_nginx(&mut out, loads, |load| load.p50_ms(at), 3);
        heading(&mut out, &format!("{connections} {noun}: {asked}/s"));
        beside_nginx(&mut out, loads, |load| load.rate(at), 0);
        heading(&mut out, &format!("{connections} {noun}: CPU a {one}, µs"));
        beside_nginx(&mut out, loads, |load| load.cpu_us(at), 1);
    }
    heading_of_counts(&mut out);
    for load in loads {
        let all = || load.measured.iter().flatten();
        let requests: u64 = all().map(|measured| measured.requests).sum();
        let failures: u64 = all().map(|measured| measured.failures).sum();
        let _ = writeln!(out, "{:<36}{requests:>9}{failures:>9}", load.name);
    }
    out
}

impl Load {
    fn p50_ms(&self, at: usize) -> Vec<f64> {
        self.measured[at].iter().map(|measured| measured.p50_ms).collect()
    }

    fn rate(&self, at: usize) -> Vec<f64> {
        self.measured[at].iter().map(|measured| measured.rate).collect()
    }

    fn cpu_us(&self, at: usize) -> Vec<f64> {
        self.measured[at].iter().filter_map(|measured| measured.cpu_us).collect()
    }
}

/// Where [`CONNECTIONS`] has what the goals speak of: one connection for latency, sixteen and more for what a request costs.
const ALONE: usize = 0;
const TOGETHER: usize = 1;
const CROWDED: usize = 2;

/// The goals, by the medians.
pub fn goals(loads: &[Load], streams: &[Load], starts: &[Start], bodies: &[Body]) -> String {
    let named = |name: &str| loads.iter().find(|load| load.name == name);
    let p50 = |name: &str| Some(named(name)?.p50_ms(ALONE));
    let rate = |name: &str| Some(named(name)?.rate(TOGETHER));
    let cpu = |name: &str, at: usize| Some(named(name)?.cpu_us(at));
    let event = |name: &str, at: usize| Some(streams.iter().find(|load| load.name == name)?.p50_ms(at));
    let median = |values: Vec<f64>| Spread::of(values).map(|spread| spread.median);
    let compare = |of: Option<Vec<f64>>, to: Option<Vec<f64>>| of.zip(to).and_then(|(of, to)| median(ratios(&of, &to)));
    let copies = bodies.iter().filter_map(|body| median(body.copies.clone())).reduce(f64::max);

    let mut out = format!("{:<52}{:>9}{:>9}\n", "goal, by medians", "wanted", "found");
    let mut goal = |name: &str, wanted: &str, found: Option<f64>, is_met: &dyn Fn(f64) -> bool| {
        let (found, verdict) = match found {
            Some(found) => (format!("{found:.2}"), if is_met(found) { "met" } else { "MISSED" }),
            None => ("-".to_owned(), "not measured"),
        };
        let _ = writeln!(out, "{name:<52}{wanted:>9}{found:>9}  {verdict}");
    };
    let at_most = |limit: f64| move |found: f64| found <= limit;
    goal("forwarding, p50 over nginx's", "<= 1.00", compare(p50(MINI_HOST), p50(NGINX)), &at_most(1.0));
    let at_least = |limit: f64| move |found: f64| found >= limit;
    goal("forwarding, throughput over nginx's", ">= 1.00", compare(rate(MINI_HOST), rate(NGINX)), &at_least(1.0));
    let same = compare(p50(MINI_HOST), p50(NGINX_WITH_HEADERS));
    goal("the same p50, nginx adding the host's headers", "<= 1.00", same, &at_most(1.0));
    let same = compare(rate(MINI_HOST), rate(NGINX_WITH_HEADERS));
    goal("the same throughput, nginx adding the host's headers", ">= 1.00", same, &at_least(1.0));
    let same = compare(p50(MINI_HOST_PROXYING), p50(NGINX_LIKE_PROXYING));
    goal("proxying, p50 over nginx's", "<= 1.00", same, &at_most(1.0));
    for at in [TOGETHER, CROWDED] {
        let cost = compare(cpu(MINI_HOST_PROXYING, at), cpu(NGINX_LIKE_PROXYING, at));
        let name = format!("proxying, CPU over nginx's, {} connections", CONNECTIONS[at]);
        goal(&name, "<= 0.90", cost, &at_most(0.9));
    }
    for at in [ALONE, TOGETHER, CROWDED] {
        let time = compare(event(MINI_HOST_PROXYING, at), event(NGINX_LIKE_PROXYING, at));
        let name = format!("an event's first byte over nginx's, {} connections", CONNECTIONS[at]);
        goal(&name, "<= 1.00", time, &at_most(1.0));
    }
    let times = compare(p50(MINI_HOST_DEFAULT_MODE), p50(MINI_HOST));
    goal("default mode, p50 over that of forwarding", "<= 2.00", times, &at_most(2.0));
    let times = compare(rate(MINI_HOST), rate(MINI_HOST_DEFAULT_MODE));
    goal("forwarding, throughput over that of default mode", "<= 2.00", times, &at_most(2.0));
    goal("ready beyond the handler's own start, ms", "<= 20", median(beyond(starts).collect()), &at_most(20.0));
    goal("idle, MiB", "<= 12", median(idle(starts).collect()), &at_most(12.0));
    goal("copies of a body of 20 MiB", "<= 3", copies, &at_most(3.0));
    out
}

fn heading(out: &mut String, title: &str) {
    let _ = writeln!(out, "{title:<36}{SPREAD}   over nginx:{}", &SPREAD[4..]);
}

fn heading_of_counts(out: &mut String) {
    let _ = writeln!(out, "{:<36}{:>9}{:>9}", "counts", "requests", "failures");
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
    starts.iter().filter_map(|start| Some(start.idle_bytes? / MEBIBYTE))
}
