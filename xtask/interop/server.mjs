// npm oidc-provider as a FAPI 2.0 authorization server with an FDX resource server beside it.
//
//   node server.mjs DIR
//
// DIR holds the certificates (ca.pem, server.pem, server.key, and the clients' self-signed ones).
// The clients' private keys are made here and written into DIR. Two listeners on free loopback
// ports, as institutions have them: one that never asks for a client certificate, and one, named by
// `mtls_endpoint_aliases`, that lets nobody in without one. Prints one line of JSON when it is
// ready. To the line `rotate` it changes all its signing keys at once and says so in another line.
// It ends when its standard input does.
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import readline from 'node:readline';
import { Provider } from 'oidc-provider';
// There is no public way to change the keys of a running server: this is inside of the pinned version.
import initializeKeystore from './node_modules/oidc-provider/lib/helpers/initialize_keystore.js';
import { clients, serverKeys } from './keys.mjs';
import { encrypted } from './encrypted.mjs';
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
// RFC 8705 2.2: no authority issued a self-signed certificate, so each client's is looked at later.
const mtls = await listen({ requestCert: true, rejectUnauthorized: false });
mtls.on('secureConnection', (socket) => {
  if (!socket.getPeerX509Certificate()) socket.destroy();
});
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
provider.use(encrypted);
for (const event of ['server_error', 'grant.error', 'pushed_authorization_request.error', 'authorization.error', 'introspection.error', 'revocation.error', 'registration_create.error', 'registration_read.error', 'registration_update.error', 'registration_delete.error']) {
  provider.on(event, (ctx, error) => console.error(`${event}: ${error.message}: ${error.error_description ?? error.stack} ${error.error_detail ?? ''} ${error.cause ?? ''}`));
}
for (const server of [plain, mtls]) server.on('request', provider.callback());

const orders = readline.createInterface({ input: process.stdin });
orders.on('line', async (order) => {
  if (order !== 'rotate') throw new Error(`'${order}' is no order`);
  initializeKeystore.call(provider, await serverKeys());
  console.log(JSON.stringify({ rotated: true }));
});
orders.on('close', () => process.exit(0));
console.log(JSON.stringify({ ready: true, issuer, fdx: resource, fdx_mtls: `${origin(mtls)}/fdx/v6` }));
