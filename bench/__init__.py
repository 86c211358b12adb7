"""Benchmarks: each prints ratios measured in one run. See bench/README.md for what was measured, and on what."""
