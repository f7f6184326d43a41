"""What numba does with a function of the kernel before LLVM gets it: the steps of its own pipeline that find work here.

The kernel has no closures, comprehensions, `with`, `raise`, `print`, literal loops nor expressions on whole arrays.
Numba looks for each of them in every function, and after each look works out anew which variables live where.
Who writes such a thing in the kernel gets an error when it is typed.

Source: numba's documentation, Customizing the Compiler.
"""

from typing import Any

from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager
from numba.core.typed_passes import (
    AnnotateTypes,
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import (
    DeadBranchPrune,
    FixupArgs,
    GenericRewrites,
    IRProcessing,
    ReconstructSSA,
    RewriteSemanticConstants,
    TranslateByteCode,
)

STEPS = (
    TranslateByteCode, FixupArgs, IRProcessing, RewriteSemanticConstants, DeadBranchPrune, GenericRewrites,
    ReconstructSSA, DeadBranchPrune, NopythonTypeInference, PreLowerStripPhis, IRLegalization, AnnotateTypes,
    NativeLowering, NoPythonBackend,
)  # fmt: skip


class Passes(CompilerBase):  # type: ignore[misc]  # numba has no types
    """Compile with these steps."""

    def define_pipelines(self) -> list[Any]:
        """Give the one way in which a function is compiled."""
        steps = PassManager("kernel")
        for step in STEPS:
            steps.add_pass(step, step.__name__)
        steps.finalize()
        return [steps]
