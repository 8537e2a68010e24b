"""Undo from the ledger: newest first, only what we created; adopted records get their earlier values back."""
