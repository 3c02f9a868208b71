-- Who may do what with what stands in three schemas, the owner of each thing left out.
-- %(schemas)s and %(prefix)s: as in shape.sql. Grantee 0 is everybody.

WITH thing (name, owner, acl) AS (
    SELECT 'schema ' || nspname, nspowner, coalesce(nspacl, acldefault('n', nspowner))
    FROM pg_catalog.pg_namespace WHERE nspname = ANY (%(schemas)s)
    UNION ALL
    SELECT format('%%I.%%I', n.nspname, c.relname), c.relowner,
           coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char",
                                         c.relowner))
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (%(schemas)s) AND c.relkind IN ('r', 'p', 'f', 'm', 'v', 'S')
    UNION ALL
    SELECT format('%%I.%%I.%%I', n.nspname, c.relname, a.attname), c.relowner, a.attacl
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (%(schemas)s) AND a.attacl IS NOT NULL
    UNION ALL
    SELECT format('%%I.%%I(%%s)', n.nspname, p.proname,
                  pg_catalog.oidvectortypes(p.proargtypes)), p.proowner,
           coalesce(p.proacl, acldefault('f', p.proowner))
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = ANY (%(schemas)s)
)
SELECT replace(t.name, %(prefix)s, ''),
       CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END,
       g.privilege_type || CASE WHEN g.is_grantable THEN ' (may hand it on)' ELSE '' END
FROM thing t, aclexplode(t.acl) g WHERE g.grantee <> t.owner
