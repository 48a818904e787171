// Writes what recordings and samples hold as seeds: corpus/<target>/<recording or sample>.
import fs from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const recordings = path.join(here, '../docker/host/tests/golden/recordings');
const counts = {};
function seed(target, id, content) {
  if (typeof content !== 'string' || !content) return;
  const folder = path.join(here, 'corpus', target);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, id), content);
  counts[target] = (counts[target] ?? 0) + 1;
}
const text = value => typeof value === 'string' ? value : value ? JSON.stringify(value, null, 2) : undefined;

for (const group of fs.readdirSync(recordings)) for (const name of fs.readdirSync(path.join(recordings, group))) {
  const { id, app, script, steps } = JSON.parse(fs.readFileSync(path.join(recordings, group, name), 'utf8'));
  seed('host_json', id, text(app?.hostJson));
  const answers = [script?.default, ...(script?.routes ?? []).map(route => route.answer)].filter(Boolean);
  answers.forEach((answer, index) => seed('result', `${id}-${index}`, answer.body ?? text(answer.bodyJson)));
  const requests = (steps ?? []).map(step => step.request).filter(Boolean);
  for (const [name, config] of Object.entries(app?.functions ?? {})) {
    seed('function_json', `${id}-${name}`, text(config));
    const route = config.bindings?.find?.(binding => typeof binding?.route === 'string')?.route;
    if (route) seed('route', `${id}-${name}`, `api/${route}\n${requests[0]?.target ?? '/api/x'}`);
  }
  requests.forEach((request, index) => {
    const lines = (request.headers ?? []).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const head = request.raw ?? `${request.method ?? 'GET'} ${request.target ?? '/'} HTTP/1.1\r\nHost: x\r\n${lines}\r\n`;
    seed('request_head', `${id}-${index}`, head);
    const chunks = request.chunks?.filter(chunk => typeof chunk === 'string');
    if (chunks) seed('chunked_body', `${id}-${index}`, chunks.map(it => `${Buffer.byteLength(it).toString(16)}\r\n${it}\r\n`).join('') + '0\r\nX: y\r\n\r\n');
  });
}
// A function of the contract is a contract too, and short enough to be mutated well.
const samples = path.join(here, '../samples');
const contract = fs.readFileSync(path.join(samples, 'contract.toml'), 'utf8');
contract.split(/^(?=\[\[function\]\])/m).slice(1).forEach((part, index) => seed('contract_toml', `${index}`, part));
for (const name of fs.readdirSync(samples)) {
  const manifest = path.join(samples, name, 'sample.toml');
  if (fs.existsSync(manifest)) seed('sample_toml', name, fs.readFileSync(manifest, 'utf8'));
}
console.log(counts);
