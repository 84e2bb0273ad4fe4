// The customer's browser: follows redirects with a cookie jar, logs in, then allows or refuses.
//
//   node customer.mjs DIR AUTHORIZATION_URL allow|refuse
//
// Prints the URL to which the institution sent the customer back, without visiting it.
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';

const [dir, start, answer] = process.argv.slice(2);
if (!['allow', 'refuse'].includes(answer)) throw new Error(`'${answer}' is neither allow nor refuse`);
const ca = fs.readFileSync(path.join(dir, 'ca.pem'));
const home = new URL(start).origin;
const jar = new Map();

const visit = (url, form) => new Promise((resolve, reject) => {
  const headers = { Cookie: [...jar].map((pair) => pair.join('=')).join('; ') };
  if (form) headers['Content-Type'] = 'application/x-www-form-urlencoded';
  const request = https.request(url, { ca, headers, method: form ? 'POST' : 'GET' }, (response) => {
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

let next = [start];
for (let steps = 0; steps < 20; steps += 1) {
  const [url, form] = next;
  const { page, status, to } = await visit(url, form);
  if (to) {
    const target = new URL(to, url);
    if (target.origin !== home) {
      console.log(target.href);
      process.exit(0);
    }
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
