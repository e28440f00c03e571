"""What any HTTP service needs and nobody would recognise a particular one by: no name of a domain stands here.

Imports run downwards only, and no two modules import each other in a circle.

    commandline  up  supervisor  server  probe               programs and processes
    health  identity  bodies  queries  conditional  openapi  what a Flask application is put together from
    paging  fields
    metrics  problems  whoami  ratelimit  requestlog         the shape of errors, who is calling, what is counted
    settings  embedded  mapper  sealed_file                  what a service starts from; these know no Flask,
    credentials  faults  logs  clock  outfile  sealing       nor do these, so use cases may know them
    stopping  identifiers
"""
