"""The compiled engine's inner part: free functions on arrays, one idea a module, named as in the reference.

`advance.advance` is the only door. Everything that changes during a run stands in the arrays of a `Hall`, so a run can
pause where an array is full and go on in larger ones, and several can share a process without knowing of each other.
"""
