"""Scripts that measure, each run by `python -m benchmarks.NAME`, each writing its result beside itself."""
