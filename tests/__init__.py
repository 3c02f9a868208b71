"""The suite: unit, web, database, drills, properties, rules and e2e (CONTRIBUTING.md)."""
