"""All tests. Folders mirror the floors; `fix_*.py` hold the fixtures; names are sentences."""
