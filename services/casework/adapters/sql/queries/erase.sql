SELECT {keys}.erase(%b)
