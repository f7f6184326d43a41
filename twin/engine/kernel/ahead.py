"""Memory fetched ahead: what the next event will need, while the one before it happens.

Where thousands work at once, the item whose work ends next was last touched long ago and has left the processor's
nearest memory; an event takes about as long as to bring it back. Nothing is read, so results cannot depend on it, and
any address will do. LLVM Language Reference, `llvm.prefetch`.
"""

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from twin.engine.kernel.arrays import Records
from twin.engine.kernel.jit import INNER

LINE: Final = 64
"""Bytes that are fetched at once."""


def fetch_ahead(records: Records, row: int) -> None:
    """Bring a record near, without waiting for it."""


@overload(fetch_ahead, jit_options=INNER | {"forceinline": True})  # type: ignore[untyped-decorator]
def _fetch_ahead(records: Records, row: int) -> Any:  # noqa: ARG001
    def fetch(records: Records, row: int) -> None:
        _prefetch(records, row)

    return fetch


@intrinsic  # type: ignore[untyped-decorator]
def _prefetch(_: Any, records: Any, row: Any) -> Any:
    """Tell the processor the lines in which a record lies."""
    from numba.np.arrayobj import make_array  # noqa: PLC0415 - a kept kernel does without

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, whole, size = ir.IntType(8).as_pointer(), ir.IntType(32), signature.args[0].dtype.size
        start = builder.bitcast(make_array(signature.args[0])(context, builder, arguments[0]).data, byte)
        place = builder.mul(arguments[1], ir.Constant(arguments[1].type, size))
        kind = ir.FunctionType(ir.VoidType(), [byte, whole, whole, whole])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        for line in range(0, size, LINE):
            address = builder.gep(start, [builder.add(place, ir.Constant(place.type, line))])
            builder.call(prefetch, [address, whole(0), whole(3), whole(1)])
        return context.get_dummy_value()

    return types.void(records, row), generate
