"""One method per use case: load the case, decide, append. Knows the domain and the ledger, neither HTTP nor SQL."""
