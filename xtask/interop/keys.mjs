// Keys for one run. The server's stay in memory; the clients' go to DIR, for their owner alone.
import fs from 'node:fs';
import path from 'node:path';
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair } from 'jose';

const algorithms = ['ES256', 'PS256', 'EdDSA'];
const constraints = {
  'es256-dpop': { alg: 'ES256', dpop_bound_access_tokens: true },
  'ps256-mtls': { alg: 'PS256', tls_client_certificate_bound_access_tokens: true },
  'eddsa-dpop': { alg: 'EdDSA', dpop_bound_access_tokens: true },
};

async function pair(alg) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
  const describe = async (key) => ({ ...(await exportJWK(key)), alg, use: 'sig', kid: await calculateJwkThumbprint(await exportJWK(publicKey)) });
  return { pem: await exportPKCS8(privateKey), secret: await describe(privateKey), open: await describe(publicKey) };
}

/** Clients and their keys; DIR/CLIENT.pem is the private key of each, its kid the thumbprint. */
export async function clients(dir) {
  return Promise.all(Object.entries(constraints).map(async ([client_id, { alg, ...constraint }]) => {
    const { pem, open } = await pair(alg);
    fs.writeFileSync(path.join(dir, `${client_id}.pem`), pem, { flag: 'wx', mode: 0o600 });
    return {
      client_id,
      id_token_signed_response_alg: alg,
      jwks: { keys: [open] },
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: alg,
      ...constraint,
    };
  }));
}

/** One signing key for each algorithm. */
export async function serverKeys() {
  return { keys: (await Promise.all(algorithms.map(pair))).map(({ secret }) => secret) };
}
