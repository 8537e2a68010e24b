"""From a mapping to the Dagster definitions of a migration: assets, checks and jobs."""
