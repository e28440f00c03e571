SELECT master, wrapped FROM {keys}.case_key WHERE id = %(key)b
