// Keys and clients for one run. The server's keys stay in memory; the clients' go to DIR, for their
// owner alone.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import { wrongs } from './encrypted.mjs';

const algorithms = ['ES256', 'PS256', 'EdDSA'];
const methods = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];
const bindings = ['dpop', 'mtls'];
const requests = ['plain', 'jar'];
const responses = ['query', 'jarm'];
/** A second registration of one combination, whose refresh tokens the server rotates. */
const rotating = 'private_key_jwt.dpop.plain.query.ES256.rotating';

async function pair(alg, use = 'sig') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
  const describe = async (key) => ({ ...(await exportJWK(key)), alg, use, kid: await calculateJwkThumbprint(await exportJWK(publicKey)) });
  return { pem: await exportPKCS8(privateKey), secret: await describe(privateKey), open: await describe(publicKey) };
}

/** RFC 8705 2.2.2: a self-signed certificate is registered as a key with `x5c`. */
export function certificate(file) {
  const { publicKey, raw } = new crypto.X509Certificate(fs.readFileSync(file));
  return { ...publicKey.export({ format: 'jwk' }), kid: path.basename(file), x5c: [raw.toString('base64')] };
}

/**
 * A client for each combination, named by it. Those of one algorithm share a key, DIR/ALG.pem, and
 * its kid is the thumbprint.
 */
export async function clients(dir) {
  const keys = Object.fromEntries(await Promise.all(algorithms.map(async (alg) => {
    const { pem, open } = await pair(alg);
    fs.writeFileSync(path.join(dir, `${alg}.pem`), pem, { flag: 'wx', mode: 0o600 });
    return [alg, open];
  })));
  const certificates = ['self-signed.pem', 'self-signed-next.pem'].map((name) => certificate(path.join(dir, name)));
  const authentication = (method, alg) => ({
    private_key_jwt: { jwks: { keys: [keys[alg]] }, token_endpoint_auth_signing_alg: alg },
    tls_client_auth: { jwks: { keys: [keys[alg]] }, tls_client_auth_subject_dn: 'CN=fdx interop client' },
    self_signed_tls_client_auth: { jwks: { keys: [keys[alg], ...certificates] } },
  }[method]);

  const all = [];
  for (const method of methods) for (const binding of bindings) for (const request of requests) {
    for (const response of responses) for (const alg of algorithms) {
      all.push({
        client_id: [method, binding, request, response, alg].join('.'),
        token_endpoint_auth_method: method,
        ...authentication(method, alg),
        ...(binding === 'dpop' ? { dpop_bound_access_tokens: true } : { tls_client_certificate_bound_access_tokens: true }),
        ...(request === 'jar' ? { request_object_signing_alg: alg, require_signed_request_object: true } : {}),
        response_modes: [response === 'jarm' ? 'jwt' : 'query'],
        authorization_signed_response_alg: alg,
        id_token_signed_response_alg: alg,
        introspection_signed_response_alg: alg,
      });
    }
  }
  const base = all.find(({ client_id }) => rotating.startsWith(client_id));
  // One key for both algorithms, so its JWK names none.
  const encryption = await pair('RSA-OAEP', 'enc');
  fs.writeFileSync(path.join(dir, 'encryption.pem'), encryption.pem, { flag: 'wx', mode: 0o600 });
  const { alg, ...open } = encryption.open;
  const decrypts = { ...base, jwks: { keys: [...base.jwks.keys, open] } };
  return [
    ...all,
    { ...base, client_id: rotating },
    ...['RSA-OAEP', 'RSA-OAEP-256'].map((alg) => ({
      ...decrypts,
      client_id: `${base.client_id}.${alg}`,
      id_token_encrypted_response_alg: alg,
      id_token_encrypted_response_enc: 'A256GCM',
    })),
    ...wrongs.map((way) => ({ ...decrypts, client_id: `${base.client_id}.jwe.${way}` })),
  ];
}

/** One signing key for each algorithm. */
export async function serverKeys() {
  return { keys: (await Promise.all(algorithms.map((alg) => pair(alg)))).map(({ secret }) => secret) };
}
