"""How fast it is, as ratios: two ways to do one thing, side by side in one run on one machine (platform.md 10).

`python -m benchmarks [NAME]... [--rounds 5] [--seconds 1] [--small] [--json FILE] [--results FILE]`, or `make bench`.
A file a subject; `scale` is measured only if it is named, and its file says what it needs. `RESULTS.md` is what
`--results` wrote last. Nothing here is part of the tests: they assert no time.
"""
