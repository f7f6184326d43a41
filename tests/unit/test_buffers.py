"""Memory is used again only once nobody looks at what is in it."""

from twin.engine.buffers import block

WORDS = 12_345


def test_memory_in_use_is_not_handed_out_again() -> None:
    first = block(WORDS)
    first[:] = 7
    part = first[5:9].reshape(2, 2)
    del first
    block(WORDS)[:] = 8
    assert part.tolist() == [[7, 7], [7, 7]]


def test_memory_of_which_nothing_is_left_is_handed_out_again() -> None:
    first = block(WORDS)
    place = first.__array_interface__["data"]
    del first
    assert block(WORDS).__array_interface__["data"] == place
