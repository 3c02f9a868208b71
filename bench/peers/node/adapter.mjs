// Everything that node-oidc-provider stores, in one table of PostgreSQL: the adapter that its
// documentation asks deployments to bring. Each method is one prepared statement.

const TABLE = `
CREATE TABLE stored (
  model text, id text, payload jsonb NOT NULL, grant_id text, uid text,
  expires_at timestamptz, consumed_at timestamptz, PRIMARY KEY (model, id));
CREATE INDEX ON stored (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX ON stored (uid) WHERE uid IS NOT NULL;`;

const LIVE = "(expires_at IS NULL OR expires_at > now())";
const ANSWER = "payload, extract(epoch FROM consumed_at)::float8 AS consumed";

export const makeTable = (pool) => pool.query(TABLE);

/** An adapter class over this pool. */
export function adapterOver(pool) {
  const ask = (name, text, values) => pool.query({ name, text, values });

  const found = ({ rows: [row] }) => {
    if (row === undefined) return undefined;
    return row.consumed === null ? row.payload : { ...row.payload, consumed: row.consumed };
  };

  return class PostgresAdapter {
    constructor(model) {
      this.model = model;
    }

    async upsert(id, payload, expiresIn) {
      await ask(
        "upsert",
        `INSERT INTO stored (model, id, payload, grant_id, uid, expires_at)
         VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
         ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload,
           grant_id = excluded.grant_id, uid = excluded.uid, expires_at = excluded.expires_at`,
        [this.model, id, JSON.stringify(payload), payload.grantId, payload.uid, expiresIn],
      );
    }

    async find(id) {
      return found(
        await ask("find", `SELECT ${ANSWER} FROM stored WHERE model = $1 AND id = $2 AND ${LIVE}`, [
          this.model,
          id,
        ]),
      );
    }

    async findByUid(uid) {
      return found(
        await ask("uid", `SELECT ${ANSWER} FROM stored WHERE model = $1 AND uid = $2 AND ${LIVE}`, [
          this.model,
          uid,
        ]),
      );
    }

    async findByUserCode() {
      throw new Error("no device flow here");
    }

    async consume(id) {
      await ask(
        "consume",
        "UPDATE stored SET consumed_at = now() WHERE model = $1 AND id = $2 AND consumed_at IS NULL",
        [this.model, id],
      );
    }

    async destroy(id) {
      await ask("destroy", "DELETE FROM stored WHERE model = $1 AND id = $2", [this.model, id]);
    }

    async revokeByGrantId(grantId) {
      await ask("revoke", "DELETE FROM stored WHERE grant_id = $1 AND model <> 'Grant'", [grantId]);
    }
  };
}
