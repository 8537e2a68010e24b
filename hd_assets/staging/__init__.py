"""raw → staging: the SQL runner, the text and identity functions SQL files may call, and column lineage."""
