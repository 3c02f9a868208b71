// Signs in with openid-client as a wiki would, and says what came of it.
//
// Speaks JSON by lines. Reads first what it is registered with: issuer, client_id, redirect_uri,
// post_logout_redirect_uri, scope, and client_secret or key (a private JWK, with pushed requests).
// Where a browser is needed it writes {"go": address} and reads {"arrived": address}. Writes
// {"done": ...} at the end. What openid-client refuses ends it, with the error.

import { createInterface } from "node:readline";
import * as client from "openid-client";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value);
const write = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const browse = async (address) => {
  write({ go: address.href });
  return new URL((await read()).arrived);
};

const registered = await read();
const by_key = registered.key !== undefined;
const authentication = by_key
  ? client.PrivateKeyJwt({
      key: await crypto.subtle.importKey(
        "jwk",
        registered.key,
        { name: "ECDSA", namedCurve: "P-256" },
        false,
        ["sign"],
      ),
      kid: registered.key.kid,
    })
  : client.ClientSecretBasic(registered.client_secret);

const provider = await client.discovery(
  new URL(registered.issuer),
  registered.client_id,
  {},
  authentication,
);
// Verify the ID token's signature too, though it comes by TLS from the provider itself.
client.enableNonRepudiationChecks(provider);

const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const expectedNonce = client.randomNonce();
const request = {
  redirect_uri: registered.redirect_uri,
  scope: registered.scope,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: "S256",
  state: expectedState,
  nonce: expectedNonce,
};
const asked = by_key
  ? await client.buildAuthorizationUrlWithPAR(provider, request)
  : client.buildAuthorizationUrl(provider, request);
const tokens = await client.authorizationCodeGrant(provider, await browse(asked), {
  pkceCodeVerifier,
  expectedState,
  expectedNonce,
  idTokenExpected: true,
});
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(provider, tokens.access_token, claims.sub);

const refreshed = await client.refreshTokenGrant(provider, tokens.refresh_token);
const introspected = await client.tokenIntrospection(provider, refreshed.access_token);
await client.tokenRevocation(provider, refreshed.refresh_token);
const revoked = await client.tokenIntrospection(provider, refreshed.access_token);

const state = client.randomState();
const back = await browse(
  client.buildEndSessionUrl(provider, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: registered.post_logout_redirect_uri,
    state,
  }),
);

write({
  done: {
    asked_with: [...asked.searchParams.keys()].sort(),
    claims,
    userinfo,
    refreshed_sub: refreshed.claims().sub,
    rotated: refreshed.refresh_token !== tokens.refresh_token,
    introspected,
    revoked,
    back_with_state: back.searchParams.get("state") === state,
  },
});
lines.return();
