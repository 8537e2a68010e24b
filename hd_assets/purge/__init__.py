"""Taking a migration off this machine: its stores, its history, and a receipt that stays."""
