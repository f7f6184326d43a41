"""Decisions: which change is best, how the answer varies, what reaches a goal, why a change helps, what limits next."""
