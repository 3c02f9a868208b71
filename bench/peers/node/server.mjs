// node-oidc-provider as a site of one first-party wiki would run it: two processes, PostgreSQL,
// ES256, its own session, grant and code handling. Logs nothing. Ends with its parent's signal.

import cluster from "node:cluster";
import http from "node:http";

import Provider from "oidc-provider";
import pg from "pg";

import { adapterOver, makeTable } from "./adapter.mjs";

const { issuer, port, database, workers, wiki, key, cookieKey } = JSON.parse(process.env.BENCH_PEER);

const configuration = (pool) => ({
  adapter: adapterOver(pool),
  clients: [
    {
      client_id: wiki.client_id,
      client_secret: wiki.client_secret,
      redirect_uris: [wiki.redirect_uri],
      token_endpoint_auth_method: "client_secret_basic",
      id_token_signed_response_alg: "ES256",
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  jwks: { keys: [key] },
  cookies: { keys: [cookieKey] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  claims: { openid: ["sub"], profile: ["preferred_username"] },
  findAccount: (_ctx, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, preferred_username: accountId }),
  }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant,
  routes: {
    authorization: "/oauth/authorize",
    token: "/oauth/token",
    jwks: "/.well-known/jwks.json",
  },
  ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 86400, IdToken: 600, Session: 86400 },
});

/** The family's own wiki asks nobody for consent: the documentation's way to say so. */
async function loadExistingGrant(ctx) {
  const { client, session, provider } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  if (known) return provider.Grant.find(known);
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope("openid profile");
  await grant.save();
  return grant;
}

/** The sign-in page: believes the name in the query, since how one signs in is not measured. */
function serve(provider) {
  const callback = provider.callback();
  return (request, response) => {
    if (!request.url.startsWith("/interaction/")) return callback(request, response);
    const accountId = request.headers["bench-account"];
    return provider
      .interactionFinished(request, response, { login: { accountId } })
      .catch((error) => response.writeHead(500).end(String(error)));
  };
}

if (cluster.isPrimary) {
  const pool = new pg.Pool({ connectionString: database });
  await makeTable(pool);
  await pool.end();
  process.on("SIGTERM", () => process.exit(0)); // workers end when their channel does
  for (let n = 0; n < workers; n += 1) cluster.fork();
  cluster.on("exit", () => process.exit(1));
} else {
  const pool = new pg.Pool({ connectionString: database, max: 4, idleTimeoutMillis: 0 });
  const provider = new Provider(issuer, configuration(pool));
  provider.on("server_error", (_ctx, error) => console.error(error));
  const server = http.createServer({ keepAliveTimeout: 60_000 }, serve(provider));
  server.listen(port, "127.0.0.1");
}
