"""Move a helpdesk into Intercom with Dagster, and prove that nothing was lost, doubled or leaked."""
