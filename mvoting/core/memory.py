"""How a long-running process looks for garbage."""

import gc

# New objects, less those that went by themselves, before a look: a batch of a thousand phones is not looked through ten times.
NEW_OBJECTS = 20_000


def settle() -> None:
    """Leave what is imported out of every later search for garbage, and search less often; call it once all is imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 10)
