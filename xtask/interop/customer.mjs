// The customer's browser: follows redirects with a cookie jar, logs in, then allows or refuses.
//
//   node customer.mjs DIR
//
// Reads lines, each `allow` or `refuse` and an authorization URL, and answers each with a line of
// JSON: where the institution sent the customer back, which is not visited. Every visit is a new
// customer's, with an empty cookie jar. It ends when its standard input does.
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import readline from 'node:readline';

const ca = fs.readFileSync(path.join(process.argv[2], 'ca.pem'));
const agent = new https.Agent({ ca, keepAlive: true });

const load = (jar, url, form) => new Promise((resolve, reject) => {
  const headers = { Cookie: [...jar].map((pair) => pair.join('=')).join('; ') };
  if (form) headers['Content-Type'] = 'application/x-www-form-urlencoded';
  const request = https.request(url, { agent, headers, method: form ? 'POST' : 'GET' }, (response) => {
    for (const cookie of response.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(cookie)) jar.delete(name); else jar.set(name, value);
    }
    let page = '';
    response.setEncoding('utf8');
    response.on('data', (text) => { page += text; });
    response.on('end', () => resolve({ page, status: response.statusCode, to: response.headers.location }));
  });
  request.on('error', reject);
  request.end(form?.toString());
});

const unescaped = (text) => text?.replace(/&(amp|#61|quot);/g, (_, name) => ({ amp: '&', '#61': '=', quot: '"' })[name]);

/** The first form of a page: logs in, and checks the boxes to allow or leaves them to refuse. */
function filled(page, answer) {
  const form = new URLSearchParams();
  const [text] = /<form[\s\S]*?<\/form>/.exec(page) ?? [page];
  for (const [input] of text.matchAll(/<(?:input|button)\b[^>]*>/g)) {
    const { name, type = 'text', value = '' } = Object.fromEntries([...input.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key, of]) => [key, unescaped(of)]));
    if (!name) continue;
    if (name === 'username') form.append(name, 'alice');
    else if (type === 'password') form.append(name, 'any');
    else if (type === 'checkbox') { if (answer === 'allow') form.append(name, value); }
    // Keycloak's page has a button for each answer.
    else if (type !== 'submit' || name === (answer === 'allow' ? 'accept' : 'cancel')) form.append(name, value);
  }
  return form;
}

async function visit(start, answer) {
  const home = new URL(start).origin;
  const jar = new Map();
  let next = [start];
  for (let steps = 0; steps < 20; steps += 1) {
    const [url, form] = next;
    const { page, status, to } = await load(jar, url, form);
    if (to) {
      const target = new URL(to, url);
      if (target.origin !== home) return target.href;
      next = [target.href];
      continue;
    }
    const action = unescaped(/<form[^>]*action="([^"]+)"/.exec(page)?.[1]);
    const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1];
    if (status !== 200 || !action) throw new Error(`the page is no form: ${status} ${page.slice(0, 2000)}`);
    if (!prompt) {
      next = [new URL(action, url).href, filled(page, answer)];
    } else if (prompt === 'login') {
      next = [new URL(action, url).href, new URLSearchParams({ prompt, login: 'alice', password: 'any' })];
    } else if (answer === 'allow') {
      next = [new URL(action, url).href, new URLSearchParams({ prompt })];
    } else {
      next = [`${new URL(action, url).href}/abort`];
    }
  }
  throw new Error('the customer is sent in circles');
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [answer, url] = line.split(' ');
  if (!['allow', 'refuse'].includes(answer)) throw new Error(`'${answer}' is neither allow nor refuse`);
  const outcome = await visit(url, answer).then((returned) => ({ returned }), ({ message }) => ({ error: message }));
  console.log(JSON.stringify(outcome));
}
process.exit(0);
