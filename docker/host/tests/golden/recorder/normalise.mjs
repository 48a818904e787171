#!/usr/bin/env node
// The canonical form of a recording: what two hosts that behave alike must have in common.
//   node normalise.mjs FILE...            prints the canonical form of each
//   node normalise.mjs --dir IN OUT       rewrites a directory of recordings
import fs from 'node:fs';
import path from 'node:path';
import { pretty } from './lib/pretty.mjs';

const GUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const ISO = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?/g;

// Strings the case itself mentions are data, not noise: they are never masked.
const strings = (v, out = new Set()) => {
  if (typeof v === 'string') for (const m of [...v.matchAll(GUID), ...v.matchAll(ISO)]) out.add(m[0]);
  else if (v && typeof v === 'object') for (const x of Object.values(v)) strings(x, out);
  return out;
};
function maskText(s, own) {
  return s
    .replace(GUID, m => own.has(m) ? m : '{{guid}}')
    .replace(ISO, (m, f, z) => own.has(m) ? m : `{{time${f ? '.f' : ''}${!z ? '' : z === 'Z' ? 'Z' : '+off'}}}`)
    .replace(/\b00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b/g, m => m.includes('0af7651916cd43dd8448eb211c80319c') ? m : '{{traceparent}}')
    .replace(/Azure-Functions-Host\/\d[\w.+-]*/g, 'Azure-Functions-Host/{{hostVersion}}')
    .replace(/\b(127\.0\.0\.1|localhost):(\d{4,5})\b/g, '$1:{{port}}');
}

const VOLATILE = { processUptime: '{{number}}', version: '{{hostVersion}}', versionDetails: '{{hostVersion}}', instanceId: '{{instance}}', computerName: '{{computer}}', platformVersion: '{{platform}}', activityId: '{{guid}}', Duration: '{{number}}', processId: '{{number}}' };

// header list: names in lower case, sorted by name; values of one name keep their order
// (Date, Server and keep-alive chatter of the host itself are left out; framing headers are reported as `framing`)
const FRAMING = ['content-length', 'transfer-encoding'];
const framingOf = list => { const n = list.map(h => h[0].toLowerCase()); return n.includes('transfer-encoding') ? 'chunked' : n.includes('content-length') ? 'content-length' : 'none'; };
function headers(list, x) {
  const dull = ([k, v]) => { const n = k.toLowerCase(); return FRAMING.includes(n) || ((n === 'date' || n === 'server') && !x.scriptSets(n)) || (n === 'connection' && v.toLowerCase() === 'keep-alive' && !x.scriptSets(n) && !x.saw) || (n === 'keep-alive' && !x.scriptSets(n) && !x.saw); };
  const out = list.filter(h => !dull(h)).map(([k, v]) => {
    const n = k.toLowerCase();
    if (n === 'x-azure-functions-hostversion' && /^\d+(\.\d+){2,3}$/.test(v)) v = '{{hostVersion}}';
    if (n === 'etag' && x.admin) v = '{{etag}}';
    if (n === 'last-modified' && x.admin) v = '{{date}}';
    return [n, maskText(v, x.own)];
  });
  return out.map((h, i) => [...h, i]).sort((a, b) => a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[2] - b[2]).map(([k, v]) => [k, v]);
}

// A JSON text becomes its value with sorted keys; `layout` keeps whether it was compact or indented.
const sortKeys = v => Array.isArray(v) ? v.map(sortKeys) : v && typeof v === 'object' ? Object.fromEntries(Object.keys(v).sort().map(k => [k, sortKeys(v[k])])) : v;
const layout = s => { const bare = s.replace(/"(?:[^"\\]|\\.)*"/g, ''); return !/\s/.test(bare) ? 'compact' : /\n/.test(bare) ? 'indented' : 'spaced'; };
function maskJson(v, x, admin) {
  if (typeof v === 'string') return maskText(v, x.own);
  if (Array.isArray(v)) return v.map(e => maskJson(e, x, admin));
  if (v && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, e]) => [maskText(k, x.own), admin && k in VOLATILE ? VOLATILE[k] : k === 'UtcNow' ? '{{time}}' : k === 'RandGuid' ? '{{guid}}' : k === 'PopReceipt' && typeof e === 'string' ? e.replace(/[^"]+/, '{{popReceipt}}') : k === 'value' && admin && typeof e === 'string' && !e.startsWith('{{') && e.length > 40 ? '{{generatedKey}}' : maskJson(e, x, admin)]));
  return v;
}
function body(r, x) {
  const out = {};
  if (r.body !== undefined) {
    let parsed;
    if (/^\s*[[{]/.test(r.body)) try { parsed = JSON.parse(r.body); } catch { /* text */ }
    if (parsed !== undefined) Object.assign(out, { json: sortKeys(maskJson(parsed, x, x.admin)), layout: layout(r.body) });
    else if (/<html/i.test(r.body)) out.body = '{{html page}}';
    else out.body = maskText(r.body, x.own);
  }
  if (r.bodyBase64 !== undefined) out.bodyBase64 = r.bodyBase64;
  if (r.bodyJsonShrunk) out.json = sortKeys(maskJson(r.bodyJsonShrunk, x, false));
  else if (r.bodySummary) { if (/<html/i.test(r.bodySummary.head ?? '')) out.body = '{{html page}}'; else out.bodySummary = r.bodySummary; }
  return out;
}

export function normalise(rec, opts = {}) {
  const own = strings([rec.app, rec.script, rec.env, rec.steps.map(s => s.request ?? s.parallel?.map(p => p.request))]);
  const scriptText = JSON.stringify(rec.script ?? {}).toLowerCase();
  const base = { own, scriptSets: n => scriptText.includes(`"${n}"`) || scriptText.includes(`\\"${n}\\"`) };
  const exact = rec.group === 'headers';
  const response = (r, target) => {
    const admin = /^\/admin\//i.test(target ?? '');
    const x = { ...base, admin };
    const b = body(r, x);
    const lines = exact ? { lines: r.headers.filter(([k, v]) => { const n = k.toLowerCase(); return !FRAMING.includes(n) && !((n === 'date' || n === 'server') && !base.scriptSets(n)); }) } : {}; // group headers: order and letter case count
    const length = r.headers.find(h => h[0].toLowerCase() === 'content-length')?.[1];
    const bodiless = !(r.body || r.bodyBase64 || r.bodySummary) && length !== undefined && length !== '0'; // HEAD, 304: the length says something
    return { ...(r.version ? { version: r.version } : {}), status: r.status, reason: r.reason, headers: headers(r.headers, x), ...lines, ...(opts.framing === false ? {} : { framing: framingOf(r.headers) }), ...(bodiless ? { length } : {}), ...b, ...(r.note ? { note: r.note } : {}), ...(r.pieces ? { pieces: r.pieces, headAlone: r.headAlone } : {}), ...(r.extraBytes ? { extraBytes: maskText(JSON.stringify(r.extraBytes), own).replace(/Date: [^\\"]*/g, 'Date: {{date}}') } : {}), ...(r.connectionClosed === undefined ? {} : { connectionClosed: r.connectionClosed }) };
  };
  const step = s => {
    if (s.parallel) return { parallel: s.parallel.map(step) };
    if (s.request) {
      const { request: q, response: p, interim, error, timeout, partial, continueReceived } = s;
      return { request: `${q.method ?? 'GET'} ${q.target}`, ...(p ? { response: response(p, q.target) } : {}), ...(interim ? { interim: interim.map(i => i.status) } : {}), ...(continueReceived === undefined ? {} : { continueReceived }), ...(error ? { error: errorClass(error) } : {}), ...(timeout ? { timeout: true } : {}), ...(s.aborted ? { aborted: true } : {}), ...(s.tunnel !== undefined ? { tunnel: s.tunnel, tunnelEnded: s.tunnelEnded } : {}), ...(partial ? { partial: true } : {}) };
    }
    const { ms, got, starts, exit, text, observeLog, ...rest } = s;
    if (observeLog) return opts.log ? { observeLog } : { observeLog: '(see --with-log)' };
    if (rest.result) rest.result = maskJson(rest.result, base, false);
    return { ...rest, ...(exit ? { exit: { code: exit.code, signal: exit.signal } } : {}) };
  };
  const saw = r => {
    if (r.bytes !== undefined) return { partialRequest: true };
    const hs = headers(r.headers, { ...base, saw: true }).filter(h => !['traceparent', 'tracestate', 'request-id', 'correlation-context'].includes(h[0]) || own.has(h[1]) || JSON.stringify(rec.steps).includes(h[1]));
    const lines = exact ? { lines: r.headers.filter(([k]) => !FRAMING.includes(k.toLowerCase()) && hs.some(h => h[0] === k.toLowerCase())).map(([k, v]) => [k, maskText(/^x-azure-functions-hostversion$/i.test(k) ? '{{hostVersion}}' : v, own)]) } : {};
    return { line: maskText(r.line, own), headers: hs, ...lines, framing: r.framing, ...(r.incomplete ? { incomplete: true } : {}), ...(r.pieces ? { pieces: r.pieces } : {}), ...body(r, base) };
  };
  const requests = rec.handler_saw.filter(r => !r.probe);
  const env = e => Object.fromEntries(Object.entries(e).filter(([k]) => k !== 'AzureWebJobsScriptRoot').map(([k, v]) => [k, maskText(v, own)]));
  const starts = settled(rec).starts.map(s => ({ argv0: path.basename(s.argv0), argv: s.argv.map(a => maskText(a, own)), cwd: s.cwd, env: env(s.env), envChanged: s.envChanged }));
  const out = {
    id: rec.id, group: rec.group,
    ...(rec.startup?.exitedBeforeReady ? { exitedBeforeReady: true } : {}),
    state: rec.startup?.state ?? null,
    steps: rec.steps.map(step),
    handler_saw: order(requests.map(saw), rec),
    probed: rec.handler_saw.some(r => r.probe) || undefined,
    starts: starts.length ? starts : undefined,
    events: collapse(settled(rec).events.filter(e => e.kind !== 'connection-error').map(e => [e.kind, e.signal ?? e.code ?? null])),
    host_exit: rec.host_exit ? { code: rec.host_exit.code, signal: rec.host_exit.signal } : null,
  };
  return JSON.parse(JSON.stringify(out));
}
// concurrent requests have no order; a timer may tick once more or less: alike neighbours count once
// (older recordings carry the two flags in their definition only)
function order(list, rec) {
  const { repeats, unordered } = { ...rec.definition, ...rec };
  if (unordered || rec.steps.some(s => s.parallel)) list = list.map(r => [r.line + JSON.stringify(r), r]).sort((a, b) => a[0] < b[0] ? -1 : 1).map(x => x[1]);
  return repeats ? collapse(list) : list;
}
// the process that is started again just before the case ends: some milliseconds decide how far it comes
const ENDS_IN_A_START = ['P08'];
function settled(rec) {
  const { starts, events } = rec.handler_lifecycle;
  const end = events.findLast(e => e.kind === 'exit')?.ms;
  if (!ENDS_IN_A_START.includes(rec.id) || end === undefined) return rec.handler_lifecycle;
  return { starts: starts.filter(s => s.ms <= end), events: events.filter(e => e.ms <= end) };
}
const errorClass = e => /ECONNRESET|EPIPE|closed/.test(e) ? 'connection ended' : e;
const collapse = l => l.filter((e, i) => i === 0 || JSON.stringify(e) !== JSON.stringify(l[i - 1]));

if (import.meta.filename === process.argv[1]) {
  const a = process.argv.slice(2);
  if (a[0] === '--dir') {
    fs.mkdirSync(a[2], { recursive: true });
    for (const f of fs.readdirSync(a[1]).filter(f => f.endsWith('.json'))) fs.writeFileSync(path.join(a[2], f), pretty(normalise(JSON.parse(fs.readFileSync(path.join(a[1], f), 'utf8')), { log: true })) + '\n');
  } else for (const f of a) console.log(pretty(normalise(JSON.parse(fs.readFileSync(f, 'utf8')), { log: true })));
}
