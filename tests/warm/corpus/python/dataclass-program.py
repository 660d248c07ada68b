import dataclasses
import typing


@dataclasses.dataclass(order=True, slots=True)
class Item:
    price: float
    name: str = 'none'


print(sorted([Item(2, 'b'), Item(1)]), typing.get_type_hints(Item))
