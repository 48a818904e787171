//! What these functions give, against what a real host was recorded to give (groups request and response).
//!
//! The replay of the recordings against the program covers more; this names the rule that broke, in milliseconds.

use super::data::{BindingData, System, Value};
use super::http;
use super::http_request::{HttpRequest, Identity};
use super::invocation_result::{self, Verdict};
use super::outputs::{self, OutputBinding};
use super::request;
use super::response;
use crate::app::AuthLevel;
use bytes::Bytes;
use dotnet_text::percent::unescape;
use dotnet_text::{base64, date};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;
use wire::Response;
use wire::response::Framing;

/// The recordings of a group, by id.
fn recordings(group: &str) -> Vec<(String, Json)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/recordings").join(group);
    let mut recordings: Vec<(String, Json)> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("cannot list `{}`: {error}", folder.display()))
        .map(|entry| serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap())
        .map(|recording: Json| (recording["id"].as_str().unwrap().to_owned(), recording))
        .collect();
    recordings.sort_by(|(one, _), (other, _)| one.cmp(other));
    recordings
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn header_lines(value: &Json) -> Vec<(String, String)> {
    list(value).iter().map(|pair| (text(&pair[0]).to_owned(), text(&pair[1]).to_owned())).collect()
}

fn body(message: &Json) -> Vec<u8> {
    if let Some(encoded) = message["bodyBase64"].as_str() {
        return base64::decode(encoded).unwrap();
    }
    if let Some(repeat) = message.get("bodyRepeat") {
        let count = usize::try_from(repeat["count"].as_u64().unwrap()).unwrap();
        return text(&repeat["text"]).repeat(count).into_bytes();
    }
    match &message["bodyJson"] {
        Json::Null => text(&message["body"]).as_bytes().to_vec(),
        value => value.to_string().into_bytes(),
    }
}

#[test]
fn envelopes_are_as_recorded() {
    let mut compared = 0;
    let mut differences = Vec::new();
    for (id, recording) in [recordings("request"), recordings("response")].concat() {
        let mut steps: Vec<&Json> = list(&recording["steps"]).iter().map(|step| &step["request"]).collect();
        for seen in list(&recording["handler_saw"]) {
            let Ok(recorded) = serde_json::from_str::<Json>(text(&seen["body"])) else { continue };
            let Some((trigger, data)) = recorded["Data"].as_object().and_then(|data| data.iter().next()) else {
                continue;
            };
            let Some(at) = steps.iter().position(|step| is_of(step, data)) else { continue };
            let step = steps[at];
            if recorded["Metadata"].get("RetryContext").is_none() {
                steps.remove(at);
            }
            compared += 1;
            let built = rebuilt(step, trigger, data, &recorded["Metadata"]);
            if built != recorded {
                differences.push(format!("{id}\n  recorded {recorded}\n  built    {built}"));
            }
        }
    }
    assert!(differences.is_empty(), "{} of {compared} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(compared > 300, "only {compared} envelopes were compared");
}

/// Whether this request is the one the handler saw.
fn is_of(step: &Json, data: &Json) -> bool {
    let method = step["method"].as_str().unwrap_or("GET");
    let sent_whole = !step.is_null() && step.get("chunks").is_none();
    sent_whole && data["Method"] == method && text(&data["Url"]).ends_with(text(&step["target"]))
}

/// The envelope for a recorded request; what others decide (route values, whose key it is, time and GUID) is as recorded.
fn rebuilt(step: &Json, trigger: &str, data: &Json, metadata: &Json) -> Json {
    let sent = body(step);
    let host = text(&data["Headers"]["Host"][0]);
    let mut headers = header_lines(&step["headers"]);
    let has =
        |headers: &[(String, String)], name: &str| headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    if !has(&headers, "host") {
        headers.push(("host".to_owned(), host.to_owned()));
    }
    if !sent.is_empty() && !has(&headers, "content-length") {
        headers.push(("content-length".to_owned(), sent.len().to_string()));
    }
    let target = text(&step["target"]);
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    // The path as routing sees it: decoded but for slashes.
    let path: Vec<String> = path.split("%2F").map(unescape).collect();
    let params = data["Params"].as_object().into_iter().flatten();
    let request = Arc::new(HttpRequest {
        url: http::url(host, &path.join("%2F"), query).unwrap(),
        method: text(&data["Method"]).to_owned(),
        query: query.unwrap_or_default().to_owned(),
        headers: headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect(),
        params: params.map(|(name, value)| (name.clone(), value.as_str().map(str::to_owned))).collect(),
        identity: identity(&data["Identities"][0]),
        body: Some(sent).filter(|body| !body.is_empty()).map(Bytes::from),
    });
    let mut binding_data = http::binding_data(&request, trigger);
    add_as_recorded(&mut binding_data, metadata);
    let envelope = request::envelope(&[(trigger.to_owned(), Value::Http(request))], &binding_data);
    serde_json::from_str(&envelope).unwrap()
}

fn add_as_recorded(binding_data: &mut BindingData, metadata: &Json) {
    let own = metadata.get("$sys").unwrap_or(&metadata["sys"]);
    binding_data.set_system(&System {
        method_name: text(&own["MethodName"]).to_owned(),
        utc_now: date::recognise(text(&own["UtcNow"])).unwrap(),
        rand_guid: text(&own["RandGuid"]).to_owned(),
    });
    if let Some(context) = metadata.get("RetryContext") {
        let context = dotnet_text::json::parse(&context.to_string()).unwrap();
        binding_data.set("RetryContext", Value::Json(context));
    }
}

fn identity(recorded: &Json) -> Option<Identity> {
    let claim = |at: usize| text(&recorded["Claims"][at]["Value"]);
    Some(Identity { level: AuthLevel::of(claim(0))?, key_name: claim(2).to_owned() })
}

#[test]
fn responses_are_as_recorded() {
    let mut compared = 0;
    let mut differences = Vec::new();
    for (id, recording) in recordings("response") {
        let Some(response) = complete_response(&recording) else { continue };
        let [step] = list(&recording["steps"]) else { continue };
        let Some(recorded) = recorded_response(step) else { continue };
        let Some(built) = built_response(&recording, step, response) else { continue };
        compared += 1;
        if built != recorded {
            differences.push(format!("{id}\n  recorded {recorded}\n  built    {built}"));
        }
    }
    assert!(differences.is_empty(), "{} of {compared} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(compared > 200, "only {compared} responses were compared");
}

/// The handler's one response, if it is complete and nothing but a response.
fn complete_response(recording: &Json) -> Option<&Json> {
    let script = &recording["script"];
    let response = script.get("default").filter(|_| script.get("routes").is_none())?;
    let peculiar = ["raw", "act", "close", "chunks", "framing"];
    peculiar.iter().all(|key| response.get(key).is_none()).then_some(response)
}

/// What the caller got, without what is the web server's own; `None` if it hung.
fn recorded_response(step: &Json) -> Option<Json> {
    let response = step.get("response")?;
    // Framing set by the handler itself breaks the response on the wire.
    if response.get("note").is_some() {
        return None;
    }
    let headers = header_lines(&response["headers"]);
    let value = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    // A negative status is recorded as the whole status line.
    let status = text(&response["status"]).split(' ').find_map(|word| word.parse::<i32>().ok());
    Some(json!({
        "status": status.map_or_else(|| response["status"].clone(), Json::from),
        "chunked": value("Transfer-Encoding").is_some(),
        "length": value("Content-Length"),
        "body": String::from_utf8_lossy(&body(response)),
        "headers": sorted(headers),
    }))
}

fn sorted(headers: Vec<(String, String)>) -> Vec<(String, String)> {
    let servers = ["date", "server", "connection", "transfer-encoding", "content-length"];
    let lower = headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
    let mut headers: Vec<_> = lower.filter(|(name, _)| !servers.contains(&name.as_str())).collect();
    headers.sort();
    headers
}

/// What ours would get; `None` if it would hang.
fn built_response(recording: &Json, step: &Json, response: &Json) -> Option<Json> {
    let name = text(&step["request"]["target"]).split('?').next()?.strip_prefix("/api/")?;
    let function = &recording["app"]["functions"][name];
    if step["request"]["method"] == "HEAD" || function.is_null() {
        return None;
    }
    let outs = list(&function["bindings"]).iter().filter(|binding| binding["direction"] == "out");
    let bindings: Vec<OutputBinding<'_>> = outs
        .map(|binding| OutputBinding {
            name: text(&binding["name"]),
            kind: text(&binding["type"]),
            binary: binding["dataType"] == "binary",
        })
        .collect();
    let headers = header_lines(&response["headers"]);
    let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let status = u16::try_from(response["status"].as_u64().unwrap_or(200)).unwrap();
    let accept = header_lines(&step["request"]["headers"]);
    let accept = accept.iter().find(|(name, _)| name == "Accept").map(|(_, value)| value.as_str());
    let response =
        match invocation_result::judge(status, content_type.map(|(_, value)| value.as_bytes()), &body(response)) {
            Ok(Verdict::NeverCompletes) => return None,
            Ok(Verdict::Completes(result)) => {
                let response = |outputs: outputs::Outputs| {
                    response::response(outputs.http, accept).unwrap_or_else(|it| *it.instead)
                };
                outputs::convert(result, &bindings, false).ok().map(response)
            }
            Err(_) => None,
        };
    Some(on_the_wire(response))
}

fn on_the_wire(response: Option<Response>) -> Json {
    let Some(response) = response else {
        return json!({"status": 500, "headers": [], "chunked": false, "length": "0", "body": ""});
    };
    json!({
        "status": response.status,
        "chunked": response.framing == Framing::Chunked,
        "length": (response.framing == Framing::Length).then(|| response.length().to_string()),
        "body": String::from_utf8_lossy(&response.body.concat()),
        "headers": sorted(response.headers.iter().map(|line| (line.name().to_owned(), String::from_utf8_lossy(line.value).into())).collect()),
    })
}
