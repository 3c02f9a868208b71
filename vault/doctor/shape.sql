-- What stands in three schemas, as text to compare: kind, name, definition.
-- %(schemas)s: the schemas' names; %(prefix)s: what is left out of every text.

WITH relation AS (
    SELECT c.*, replace(format('%%I.%%I', n.nspname, c.relname), %(prefix)s, '') AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (%(schemas)s)
), routine AS (
    SELECT p.*, replace(format('%%I.%%I(%%s)', n.nspname, p.proname,
                               pg_catalog.oidvectortypes(p.proargtypes)), %(prefix)s, '') AS name
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = ANY (%(schemas)s)
), thing (kind, name, definition) AS (
    SELECT 'table', name,
           concat_ws(' ', relkind, relpersistence, relrowsecurity, relforcerowsecurity)
    FROM relation WHERE relkind IN ('r', 'p', 'f', 'm')
    UNION ALL
    SELECT 'sequence', name, '' FROM relation WHERE relkind = 'S'
    UNION ALL
    SELECT 'view', name, pg_catalog.pg_get_viewdef(oid) || coalesce(reloptions::text, '')
    FROM relation WHERE relkind = 'v'
    UNION ALL
    SELECT 'column', r.name || '.' || quote_ident(a.attname),
           concat_ws(' ', pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
                     a.attidentity, a.attgenerated, a.attcollation::regcollation,
                     pg_catalog.pg_get_expr(d.adbin, d.adrelid))
    FROM relation r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    WHERE r.relkind IN ('r', 'p', 'f', 'm') AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    -- NOT NULL is a column's; PostgreSQL 18 lists it here as well.
    SELECT 'constraint', r.name || '.' || c.conname,
           pg_catalog.pg_get_constraintdef(c.oid) || ' ' || c.convalidated
    FROM relation r JOIN pg_catalog.pg_constraint c ON c.conrelid = r.oid WHERE c.contype <> 'n'
    UNION ALL
    SELECT 'index', t.name || '.' || i.relname,
           pg_catalog.pg_get_indexdef(x.indexrelid) || ' ' || x.indisvalid
    FROM relation t JOIN pg_catalog.pg_index x ON x.indrelid = t.oid
    JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid WHERE t.relkind IN ('r', 'p', 'm')
    UNION ALL
    SELECT 'trigger', r.name || '.' || g.tgname, pg_catalog.pg_get_triggerdef(g.oid) || ' ' || g.tgenabled::text
    FROM relation r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid WHERE NOT g.tgisinternal
    UNION ALL
    -- Foreign keys are triggers inside; a superuser can switch them off.
    SELECT 'trigger', r.name || ' (foreign keys switched off)', ''
    FROM relation r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid
    WHERE g.tgisinternal AND g.tgenabled <> 'O' GROUP BY r.name
    UNION ALL
    SELECT 'rule', r.name || '.' || w.rulename, pg_catalog.pg_get_ruledef(w.oid)
    FROM relation r JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid
    WHERE NOT (r.relkind IN ('v', 'm') AND w.rulename = '_RETURN')
    UNION ALL
    SELECT 'policy', r.name || '.' || p.polname,
           concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::regrole[]::text,
                     pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                     pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    FROM relation r JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
    UNION ALL
    SELECT 'function', f.name,
           concat_ws(' ', f.prokind, l.lanname, f.provolatile, f.proisstrict, f.proleakproof,
                     f.proparallel, pg_catalog.pg_get_function_arguments(f.oid), '->',
                     pg_catalog.pg_get_function_result(f.oid), f.prosrc,
                     pg_catalog.pg_get_function_sqlbody(f.oid))
    FROM routine f JOIN pg_catalog.pg_language l ON l.oid = f.prolang
    UNION ALL
    SELECT 'setting', f.name, concat_ws(' ', CASE WHEN f.prosecdef THEN 'SECURITY DEFINER' END,
                                        array_to_string(f.proconfig, ' '))
    FROM routine f
)
SELECT kind, name, replace(definition, %(prefix)s, '') FROM thing
