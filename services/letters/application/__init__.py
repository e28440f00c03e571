"""One method per use case: follow the feed, draft, approve, dispatch. Knows the domain, neither HTTP nor SQL."""
