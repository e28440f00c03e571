"""One method per use case of letters: follow the feed, draft, approve, dispatch. Knows the domain, neither HTTP nor SQL."""
