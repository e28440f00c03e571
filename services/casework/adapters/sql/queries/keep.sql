SELECT p_master, p_wrapped FROM {keys}.keep(%b, %b, %b)
