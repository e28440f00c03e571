"""What any HTTP service needs and nobody would recognise a particular one by: no name of a domain stands here.

Imports run downwards only, and no two modules import each other.

    supervisor  server  commandline                          processes and programs
    health  identity  bodies  conditional  openapi  fields   what a Flask application is put together from
    problems  whoami  ratelimit  requestlog                  the shape of errors; who is calling
    settings  embedded  mapper                               what a service starts from
    credentials  faults  logs  clock  outfile  sealing       values and files; these know no Flask
"""
