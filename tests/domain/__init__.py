"""The policy's decisions, without HTTP, SQL, clock or files."""
