"""The read models: what lists, statistics and repeat posters are answered from, made of the record and of nothing else.

Each case is kept as its public facts make it, in a table beside the record, and brought up to the record's head within
each request that reads it. Names are opened for that request alone, and only of the cases concerned.
"""
