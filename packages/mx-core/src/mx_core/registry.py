"""Registries of classes by name: optimizers, initializers, metrics and your own.

>>> import mx_core as mx
>>> class Animal: ...
>>> register = mx.registry.get_register_func(Animal, "animal")
>>> create = mx.registry.get_create_func(Animal, "animal")
>>> @register
... class Cat(Animal): ...
>>> type(create("cat")).__name__
'Cat'
"""

import json
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from mx_core.base import MXArgumentError, MXAssertionError, MXTypeError

__all__ = ["get_alias_func", "get_create_func", "get_register_func", "get_registry"]

T = TypeVar("T", bound=type)
_registries: dict[type, dict[str, type]] = {}


def get_registry(base_class: type) -> dict[str, type]:
    """Return a copy of the registry of ``base_class``: {lower-case name: class}."""
    return dict(_registries.get(base_class, {}))


def get_register_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """Return the decorator ``register(cls, name=None)`` for subclasses of ``base_class``.

    Args:
        base_class: What every registered class must derive from.
        nickname: What such a class is called in messages.
    """
    registry = _registries.setdefault(base_class, {})

    def register(cls: T, name: str | None = None) -> T:
        if not (isinstance(cls, type) and issubclass(cls, base_class)):
            raise MXArgumentError(f"[registry] {cls!r} is no subclass of {base_class.__name__}, so no {nickname}")
        key = (name or cls.__name__).lower()
        old = registry.get(key)
        if old is not None and old is not cls:
            warnings.warn(
                f"The {nickname} {key!r} was {old.__module__}.{old.__name__}; "
                f"now it is {cls.__module__}.{cls.__name__}.",
                UserWarning,
                stacklevel=2,
            )
        registry[key] = cls
        return cls

    register.__doc__ = f"Register a class as {nickname}, under its own name or another."
    return register


def get_alias_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """Return the decorator ``alias(*names)``, which registers a class under further names."""
    register = get_register_func(base_class, nickname)

    def alias(*names: str) -> Callable[[T], T]:
        def decorate(cls: T) -> T:
            for name in names:
                register(cls, name)
            return cls

        return decorate

    alias.__doc__ = f"Register a class as {nickname} under further names."
    return alias


def get_create_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """Return ``create(*args, **kwargs)``, which makes an instance from a name.

    The first argument (or the keyword ``nickname``) is an instance, which is returned; a name, followed by the
    arguments of the class; or JSON: ``'["name", {"key": value}]'`` or ``'{"nickname": "name", "key": value}'``.
    """
    registry = _registries.setdefault(base_class, {})

    def create(*args: Any, **kwargs: Any) -> Any:
        if args:
            name, args = args[0], args[1:]
        elif nickname in kwargs:
            name = kwargs.pop(nickname)
        else:
            raise MXTypeError(f"[registry] which {nickname}? There are {', '.join(sorted(registry))}")
        if isinstance(name, base_class):
            if args or kwargs:
                raise MXArgumentError(
                    f"[registry] {nickname} is already an instance: further arguments have no meaning"
                )
            return name
        if isinstance(name, dict):
            return create(**name)
        if not isinstance(name, str):
            raise MXArgumentError(f"[registry] {nickname} must be a name or a {base_class.__name__}, got {name!r}")
        if name.startswith("["):
            if args or kwargs:
                raise MXArgumentError(
                    f"[registry] arguments of a {nickname} stand either in the JSON or beside it, not in both"
                )
            name, kwargs = json.loads(name)
            return create(name, **kwargs)
        if name.startswith("{"):
            if args or kwargs:
                raise MXArgumentError(
                    f"[registry] arguments of a {nickname} stand either in the JSON or beside it, not in both"
                )
            return create(**json.loads(name))
        try:
            cls = registry[name.lower()]
        except KeyError:
            raise MXAssertionError(
                f"[registry] there is no {nickname} {name!r}; there are {', '.join(sorted(registry))}"
            ) from None
        return cls(*args, **kwargs)

    create.__doc__ = f"Make a {nickname}: create(name, *arguments)."
    return create
