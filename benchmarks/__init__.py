"""How fast it is, as ratios: two ways to do one thing, side by side in one run on one machine (platform.md 10).

`python -m benchmarks [NAME]... [--rounds 5] [--seconds 1] [--small] [--json FILE] [--results FILE]`, or `make bench`.
A file a subject; `RESULTS.md` is what `--results` wrote last. Nothing here is part of the tests: no test asserts a time.

Not measured yet: e-mails per second against bare `smtplib` (letters.md 8), which wants the e-mail channel first; and the
service casework beyond its domain: append, command, replay, feed and case reads (ledger.md 8, platform.md 10).
"""
