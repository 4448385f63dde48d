"""What user code makes of `select`: poll, epoll and kqueue objects, C's own, so each is wrapped to follow its waits."""

from __future__ import annotations

from .blocking import make_method
from .holds import LockType, pretend_to_be
from .originals import get_frame
from .patching import Builtin, Signature, hidden, look_like, replace_builtins
from .sites import is_user_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .follow import Method


class Poller(metaclass=LockType):
    """Behaves as the object it wraps, and follows how long its waiting method takes."""

    __slots__ = ("_raw",)
    raw_type: type = object

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """As the raw type, which mostly refuses."""
        with hidden:
            return cls.raw_type(*args, **kwargs)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """As the raw one, which refuses to be copied and pickled."""
        with hidden:
            return self._raw.__reduce_ex__(protocol)

    def __getattr__(self, name: str) -> Any:
        with hidden:
            return getattr(self._raw, name)


def wrap(cls: type[Poller], raw: Any) -> Any:
    """A `cls` around it."""
    self = object.__new__(cls)
    self._raw = raw  # type: ignore[attr-defined]
    return self


class MakePoll(Builtin):
    """`select.poll`, a function."""

    __slots__ = ()

    def call(self, *args: Any) -> Any:
        """As the original; wrapped for user code."""
        with hidden:
            raw = self.original(*args)
            return wrap(kind_of(raw, self.original), raw) if is_user_code(get_frame(1)) else raw


def kind_of(raw: Any, make: Callable[[], Any]) -> type[Poller]:
    """The class that stands for its type, which has no name in its module; `make()` is how to get another."""
    raw_type = type(raw)
    kind = kinds.get(raw_type)
    if kind is None:
        made: Any = LockType("poll", (Poller,), {"__slots__": (), "raw_type": raw_type})
        kind = kinds[raw_type] = stand_for(made, raw_type, "poll", make)
    return kind


kinds: dict[type, type[Poller]] = {}


def stand_for(kind: type[Poller], raw: type, waits: str, make: Callable[[], Any]) -> type[Poller]:
    """The class is called as the one it stands for, has what that has, and is no base either.

    `waits`: its method. `make()`: one of the raw type, of which `inspect` learns what the type's methods do not tell.
    """
    pretend_to_be(kind, raw)
    for name, member in vars(raw).items():
        if not name.startswith("_") and not hasattr(kind, name):
            setattr(kind, name, forward(name, member, make_method if name == waits else same, make))
    kind.__init_subclass__ = classmethod(refuse)  # type: ignore[assignment]
    return kind


def same(method: Method) -> Method:
    """Nothing is added to it."""
    return method


def forward(name: str, member: Any, follow: Callable[[Method], Method], make: Callable[[], Any]) -> Any:
    """A method or attribute of the raw one's; `follow` adds to a method what it likes."""
    if not callable(member):
        return property(lambda self: getattr(self._raw, name), doc=member.__doc__)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            raw = self._raw if issubclass(type(self), Poller) else self  # else `member` refuses it
            return member(raw, *args, **kwargs)

    replacement = look_like(follow(method), member)
    replacement.__wrapped__ = Signature(lambda: getattr(make(), name))
    return replacement


def refuse(cls: type[Poller], /, **_: Any) -> None:
    """As the raw type does."""
    with hidden:
        type(cls.__qualname__, (cls.raw_type,), {})


def make_type(raw: Any, waits: str) -> type[Poller]:
    """The class that stands for `select.epoll` or `select.kqueue`, which are types, and wait in the method `waits`."""

    class Type(Poller):
        __slots__ = ()
        raw_type = raw

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            with hidden:
                made = raw(*args, **kwargs)
                return wrap(cls, made) if is_user_code(get_frame(1)) else made

        @classmethod
        def fromfd(cls, *args: Any) -> Any:
            with hidden:
                made = raw.fromfd(*args)
                return wrap(cls, made) if is_user_code(get_frame(1)) else made

        if hasattr(raw, "__enter__"):

            def __enter__(self) -> Any:
                with hidden:
                    self._raw.__enter__()
                    return self

            def __exit__(self, *args: Any) -> Any:
                with hidden:
                    return self._raw.__exit__(*args)

    return stand_for(Type, raw, waits, raw)


def patch_select(module: Any) -> None:
    """Those of these that the system has."""
    replace_builtins(module, MakePoll, "poll")
    for name, waits in (("epoll", "poll"), ("kqueue", "control")):
        if hasattr(module, name):
            setattr(module, name, make_type(getattr(module, name), waits))
