"""What the routes of the shop have in common."""

from pydantic import BaseModel, Field


class Product(BaseModel):
    name: str = Field(min_length=1)
    price: float = 0
    tags: list[str] = []


products: dict[int, Product] = {}
