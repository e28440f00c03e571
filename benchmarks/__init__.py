"""How fast it is, as ratios: two ways to do one thing, timed side by side in one run on one machine (platform.md 10).

`python -m benchmarks [NAME]... [--rounds 5] [--seconds 1] [--json FILE]`, or `make bench`. A file a subject; each
exports COMPARISONS. Nothing here is part of the tests: no test asserts a time.
"""
