"""Tuples of arrays that stay where they are: functions of the kernel get one address instead of hundreds of values.

The hall and a phase are some 130 arrays, each of seven values. Numba takes such a tuple apart at every call and puts it
together again inside, which was most of what compiling the kernel took. `by_address` writes it down once, in the door's
own frame; what is inside is then read where it is needed. Everything that takes an address is compiled into the door,
so that the compiler sees through it and the machine code is that of the tuple. `by_address` is typed and written by
hand: numba 0.68 would inline an overload of it, and a door that it has inlined something into runs wrongly.

Sources: numba's documentation, Low-level extension API; LLVM, "Performance Tips for Frontend Authors".
"""

from typing import Any, TypeVar

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    infer_getattr,
    lower_builtin,
    lower_getattr_generic,
    models,
    register_model,
    type_callable,
)

Tuple = TypeVar("Tuple")


class Addressed(types.Type):  # type: ignore[misc]  # numba has no types
    """A named tuple at an address."""

    def __init__(self, inner: types.BaseNamedTuple) -> None:
        self.inner = inner
        super().__init__(f"Addressed[{inner.name}]")

    @property
    def key(self) -> Any:
        """Tell it from others."""
        return self.inner

    @property
    def mangling_args(self) -> Any:
        """Name it in symbols by its class: what is inside would take thousands of letters."""
        return self.inner.instance_class.__name__, ()


@register_model(Addressed)
class AddressModel(models.PrimitiveModel):  # type: ignore[misc]  # numba has no types
    """An address."""

    def __init__(self, dmm: Any, fe_type: Addressed) -> None:
        super().__init__(dmm, fe_type, ir.PointerType(dmm.lookup(fe_type.inner).get_value_type()))


@infer_getattr
class AddressFields(AttributeTemplate):  # type: ignore[misc]  # numba has no types
    """Fields of the tuple; tuples in it stay where they are too."""

    key = Addressed

    def generic_resolve(self, addressed: Addressed, field: str) -> Any:
        """Give the type of a field."""
        found = addressed.inner.types[addressed.inner.fields.index(field)] if field in addressed.inner.fields else None
        return Addressed(found) if isinstance(found, types.BaseNamedTuple) else found


@lower_getattr_generic(Addressed)  # type: ignore[untyped-decorator]  # numba has no types
def _field(_: Any, builder: Any, addressed: Addressed, address: Any, field: str) -> Any:
    place = addressed.inner.fields.index(field)
    there = cgutils.gep_inbounds(builder, address, 0, place)
    return there if isinstance(addressed.inner.types[place], types.BaseNamedTuple) else builder.load(there)


def by_address(tuple_: Tuple) -> Tuple:
    """Write a tuple down in the caller's frame."""
    return tuple_


@type_callable(by_address)  # type: ignore[untyped-decorator]  # numba has no types
def _type(_: Any) -> Any:
    return lambda tuple_: Addressed(tuple_)  # noqa: PLW0108 - numba looks at its arguments


@lower_builtin(by_address, types.BaseNamedTuple)  # type: ignore[untyped-decorator]  # numba has no types
def _written(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
    (value,) = arguments
    address = cgutils.alloca_once(builder, value.type)
    _write(builder, value, address)
    return address


def _write(builder: Any, value: Any, address: Any) -> None:
    """Write value by value, which the compiler sees through."""
    if not isinstance(value.type, ir.LiteralStructType | ir.ArrayType):
        builder.store(value, address)
        return
    for place in range(len(value.type.elements) if isinstance(value.type, ir.LiteralStructType) else value.type.count):
        _write(builder, builder.extract_value(value, place), cgutils.gep_inbounds(builder, address, 0, place))
