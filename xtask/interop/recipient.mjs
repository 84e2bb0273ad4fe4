// What both certified clients need: keys and certificates, a registration, a customer, and a loop
// over the rows. Each line of standard input is a row as JSON, and is answered by a line of JSON.
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { exportJWK, generateKeyPair } from 'jose';
import { Agent, fetch } from 'undici';
import { certificate } from './keys.mjs';

const dir = process.argv[2];
const read = (name) => fs.readFileSync(path.join(dir, name));
const agent = (name) => new Agent({ connect: { ca: read('ca.pem'), cert: read(`${name}.pem`), key: read(`${name}.key`) } });
const issued = agent('client');
const selfSigned = agent('self-signed');
const browser = new Agent({ connect: { ca: read('ca.pem') } });

export const redirectUri = 'https://recipient.example/callback';
const scope = 'openid offline_access fdx:accountbasic:read fdx:transactions:read';
const consentRequest = {
  durationType: 'TIME_BOUND',
  durationPeriod: 90,
  lookbackPeriod: 60,
  resources: [{ resourceType: 'ACCOUNT', dataClusters: ['ACCOUNT_BASIC', 'TRANSACTIONS'] }],
};

/** The request for a consent, without the parameters that are new in each flow. */
export const request = {
  redirect_uri: redirectUri,
  response_type: 'code',
  scope,
  prompt: 'consent',
  authorization_details: JSON.stringify([{ type: 'fdx_v1.0', consentRequest }]),
  code_challenge_method: 'S256',
};

const keys = {};
/** The client's only key of an algorithm: for assertions, request objects and proofs. */
export async function keyPair(alg) {
  keys[alg] ??= await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
  return keys[alg];
}

/** Client metadata (RFC 7591) for a row. */
export async function metadata({ method, binding, request, response, alg }) {
  const jwk = { ...(await exportJWK((await keyPair(alg)).publicKey)), alg, use: 'sig', kid: alg };
  const own = method === 'self_signed_tls_client_auth' ? [certificate(path.join(dir, 'self-signed.pem'))] : [];
  return {
    client_name: 'fdx interop client',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope,
    authorization_details_types: ['fdx_v1.0'],
    jwks: { keys: [jwk, ...own] },
    token_endpoint_auth_method: method,
    ...(method === 'private_key_jwt' && { token_endpoint_auth_signing_alg: alg }),
    ...(method === 'tls_client_auth' && { tls_client_auth_subject_dn: 'CN=fdx interop client' }),
    ...(binding === 'dpop' ? { dpop_bound_access_tokens: true } : { tls_client_certificate_bound_access_tokens: true }),
    use_mtls_endpoint_aliases: method !== 'private_key_jwt' || binding === 'mtls',
    ...(request === 'jar' && { request_object_signing_alg: alg, require_signed_request_object: true }),
    ...(response === 'jarm' && { authorization_signed_response_alg: alg }),
    id_token_signed_response_alg: alg,
    introspection_signed_response_alg: alg,
  };
}

/** A `fetch` with the row's certificate. It counts the responses that contain a nonce. */
function transport({ method }) {
  const dispatcher = method === 'self_signed_tls_client_auth' ? selfSigned : issued;
  const counted = async (url, options) => {
    const response = await fetch(url, { ...options, dispatcher });
    if (response.headers.has('dpop-nonce')) counted.nonces += 1;
    return response;
  };
  counted.nonces = 0;
  return counted;
}

/** The headers that FDX requires in calls of its API. */
export const fdxHeaders = () => new Headers({ 'x-fapi-interaction-id': crypto.randomUUID() });

/** The customer: shares one account, and returns the callback URL, which is not visited. */
export async function share(url) {
  const page = await (await fetch(url, { dispatcher: browser })).text();
  const action = /<form method="post" action="([^"]+)"/.exec(page)?.[1];
  const interaction = /name="interaction" value="([^"]+)"/.exec(page)?.[1];
  const offers = [...page.matchAll(/type="checkbox" name="([^"]+)"/g)].map(([, name]) => name);
  const account = offers.filter((name) => name.startsWith('ACCOUNT/acc-1/'));
  check(action && interaction && account.length === 2, `the page offers no account: ${page.slice(-300)}`);
  const body = new URLSearchParams({ interaction, decision: 'allow' });
  for (const name of account) body.set(name, 'on');
  const decided = await fetch(new URL(action, url), { body, dispatcher: browser, method: 'POST', redirect: 'manual' });
  return new URL(decided.headers.get('location'));
}

export function check(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

/** Checks that the granted account is served, and no other. */
export async function checkAccounts(response) {
  const { accounts } = await response.json();
  const ids = accounts.map((account) => JSON.stringify(account).match(/"accountId":"([^"]+)"/)?.[1]);
  check(ids.join() === 'acc-1', `served are the accounts ${ids.join(', ')}`);
}

/** Errors of both clients have the server's error as their cause. */
function explain(error) {
  const causes = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    causes.push([at.message, at.error, at.error_description].filter(Boolean).join(': '));
  }
  return causes.join('; ');
}

/** Runs `flow` for each row. */
export async function serve(flow) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const row = JSON.parse(line);
    const send = transport(row);
    const outcome = await flow(row, send)
      .then((seen) => {
        check(row.nonces === send.nonces > 0, `${send.nonces} responses contain a nonce`);
        return { seen: row.nonces ? `${seen}, ${send.nonces} nonces` : seen };
      })
      .catch((error) => ({ error: explain(error) }));
    console.log(JSON.stringify(outcome));
  }
  process.exit(0);
}
