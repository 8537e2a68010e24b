"""A draft of the mapping from what discovery found: rules and counts only, and nothing leaves the machine."""
