SELECT p_master, p_wrapped FROM {keys}.keep(%(key)b, %(master)b, %(wrapped)b)
