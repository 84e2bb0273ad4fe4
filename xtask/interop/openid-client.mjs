// npm openid-client as a client of the sandbox:   node openid-client.mjs DIR
import * as client from 'openid-client';
import { check, checkAccounts, fdxHeaders, keyPair, metadata, request, serve, share } from './recipient.mjs';

await serve(async (row, send) => {
  const pair = await keyPair(row.alg);
  const signing = { key: pair.privateKey, kid: row.alg };
  const authentication = row.method === 'private_key_jwt' ? client.PrivateKeyJwt(signing) : client.TlsClientAuth();
  const execute = [client.enableNonRepudiationChecks, ...(row.response === 'jarm' ? [client.useJwtResponseMode] : [])];
  const config = await client.dynamicClientRegistration(new URL(row.issuer), await metadata(row), authentication, { [client.customFetch]: send, execute });
  const options = row.binding === 'dpop' ? { DPoP: client.getDPoPHandle(config, pair) } : {};

  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  let parameters = new URLSearchParams({
    ...request,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    nonce: expectedNonce,
    state: expectedState,
  });
  if (row.request === 'jar') {
    parameters = (await client.buildAuthorizationUrlWithJAR(config, parameters, signing)).searchParams;
  }
  const url = await client.buildAuthorizationUrlWithPAR(config, parameters, options);
  const callback = await share(url);
  const tokens = await client.authorizationCodeGrant(config, callback, { expectedNonce, expectedState, idTokenExpected: true, pkceCodeVerifier }, {}, options);

  const accounts = (token) => client.fetchProtectedResource(config, token, new URL(`${row.fdx}/accounts`), 'GET', null, fdxHeaders(), options);
  const isActive = async (token) => (await client.tokenIntrospection(config, token)).active;
  check(await isActive(tokens.access_token), 'the access token is not active');
  await checkAccounts(await accounts(tokens.access_token));

  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, {}, options);
  check(refreshed.access_token !== tokens.access_token, 'the access token was not replaced');
  await checkAccounts(await accounts(refreshed.access_token));

  await client.tokenRevocation(config, tokens.refresh_token);
  check(!(await isActive(refreshed.access_token)), 'a revoked token is active');
  const refusal = await accounts(refreshed.access_token).catch(({ cause }) => cause);
  check(refusal[0]?.parameters?.error === 'invalid_token', 'a revoked token was not refused with invalid_token');
  return 'registered, served, introspected, refreshed, revoked';
});
