"""Doctor: every connection of a migration tried before anything depends on it; reads only, writes nothing."""
