"""How a long-running process looks for garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# New objects, less those that went by themselves, before a look: a batch of a thousand phones is not looked through ten times.
NEW_OBJECTS = 20_000


@contextmanager
def importing() -> Iterator[None]:
    """Look for no garbage while much code is imported: it stays, and looking through it takes a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def settle() -> None:
    """Leave what is imported out of every later search for garbage, and search less often; call it once all is imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 10)
