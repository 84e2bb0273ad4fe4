// npm oidc-provider as a FAPI 2.0 authorization server with an FDX resource server beside it.
//
//   node server.mjs DIR
//
// DIR holds the certificates (ca.pem, server.pem, server.key). The clients' private keys are made
// here and written into DIR. Two listeners on free loopback ports, as institutions have them: one
// that never asks for a client certificate, and one, named by `mtls_endpoint_aliases`, that
// demands it. Prints one line of JSON when it is ready, and ends when its standard input does.
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { Provider } from 'oidc-provider';
import { clients, serverKeys } from './keys.mjs';
import { fdx } from './fdx.mjs';
import { configuration } from './configuration.mjs';

const dir = process.argv[2];
const file = (name) => fs.readFileSync(path.join(dir, name));
const tls = { key: file('server.key'), cert: file('server.pem'), ca: file('ca.pem') };

const listen = (options) => new Promise((resolve) => {
  const server = https.createServer({ ...tls, minVersion: 'TLSv1.2', ...options });
  server.listen(0, '127.0.0.1', () => resolve(server));
});
const plain = await listen({});
const mtls = await listen({ requestCert: true, rejectUnauthorized: true });
const origin = (server) => `https://localhost:${server.address().port}`;

const issuer = origin(plain);
const resource = `${issuer}/fdx/v6`;
const provider = new Provider(issuer, configuration({
  aliases: origin(mtls),
  clients: await clients(dir),
  jwks: await serverKeys(),
  resource,
}));
provider.use(fdx(provider));
for (const event of ['server_error', 'grant.error', 'pushed_authorization_request.error', 'authorization.error', 'introspection.error']) {
  provider.on(event, (ctx, error) => console.error(`${event}: ${error.message}: ${error.error_description ?? error.stack} ${error.error_detail ?? ''}`));
}
for (const server of [plain, mtls]) server.on('request', provider.callback());

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
console.log(JSON.stringify({ ready: true, issuer, fdx: resource, fdx_mtls: `${origin(mtls)}/fdx/v6` }));
