"""Laws are tried on the same examples at every commit, and on new ones nightly: a red commit is somebody's change."""

from hypothesis import settings

settings.register_profile("commit", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None, print_blob=True)
settings.load_profile("commit")
