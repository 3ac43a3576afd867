"""The strict, frozen base class of every stage's settings."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Settings of one stage: immutable, unknown keys refused, no silent type conversion.

    Each stage declares its own subclass beside the code that it configures; a recipe composes
    them (``semdnn.recipe``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
