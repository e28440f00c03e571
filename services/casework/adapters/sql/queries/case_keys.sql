SELECT k.id, k.master, k.wrapped FROM {keys}.case_key k WHERE k.id = ANY (%b::uuid[])
