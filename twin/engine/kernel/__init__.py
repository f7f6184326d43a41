"""The compiled engine's inner part: free functions on arrays, one idea a module, named as in the reference.

A module with a door, which Python calls through `twin.engine.loading`, has the door's name: `advance` runs, `gaps`
draws what arrives, `sums` and `counts` read the rows. Everything that changes during a run stands in the arrays of a
`Hall`, so a run can pause where an array is full and go on in larger ones, and several can share a process without
knowing of each other.
"""
