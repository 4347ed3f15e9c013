"""From IR to Python text that one would have written by hand.

`write` does all of it: `shape` parts a pullback from what runs before it, `schedule` decides what
is a statement, `lower` makes statements over variables, `ownership` settles what is changed in
place, `liveness` and `names` say which variables share a name, `python` and `text` write.
"""

from autodiff_compiler.emit.copies import can_be_copied
from autodiff_compiler.emit.module import Emitted, has_literal, write

__all__ = ["Emitted", "can_be_copied", "has_literal", "write"]
