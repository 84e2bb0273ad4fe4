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
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
    const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1];
    if (status !== 200 || !action || !prompt) throw new Error(`the page is no form: ${status} ${page.slice(0, 2000)}`);
    if (prompt === 'login') {
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
