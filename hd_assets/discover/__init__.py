"""Discovery: what an installation holds, before anybody decides what becomes of it."""
