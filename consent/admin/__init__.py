from consent.admin import (
)

__all__ = [
]
