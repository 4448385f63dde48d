"""`select.poll` and `select.epoll` objects that user code makes: C's own, so each is wrapped to follow its waits."""

from __future__ import annotations

from .blocking import make_method
from .holds import LockType
from .originals import get_frame
from .patching import Builtin, hidden, look_like, replace_builtins
from .sites import is_user_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def poll_raw(poller: Any, *args: Any, **kwargs: Any) -> Any:
    """As the original."""
    return poller._raw.poll(*args, **kwargs)


class Poller(metaclass=LockType):
    """Behaves as the object it wraps, and follows how long `poll` takes."""

    __slots__ = ("_raw",)
    raw_type: type = object
    poll = make_method(poll_raw)

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
            return wrap(kind_of(raw), raw) if is_user_code(get_frame(1)) else raw


def kind_of(raw: Any) -> type[Poller]:
    """The class that stands for its type, which has no name in its module."""
    raw_type = type(raw)
    kind = kinds.get(raw_type)
    if kind is None:
        made = type("poll", (Poller,), {"__slots__": (), "raw_type": raw_type})
        kind = kinds[raw_type] = stand_for(made, raw_type)
    return kind


kinds: dict[type, type[Poller]] = {}


def stand_for(kind: type[Poller], raw: type) -> type[Poller]:
    """The class is called as the one it stands for, has what that has, and is no base either."""
    for attribute in ("__name__", "__qualname__", "__module__", "__doc__"):
        setattr(kind, attribute, getattr(raw, attribute))
    for name, member in vars(raw).items():
        if not name.startswith("_") and not hasattr(kind, name):
            setattr(kind, name, forward(name, member))
    kind.__init_subclass__ = classmethod(refuse)  # type: ignore[assignment]
    return kind


def forward(name: str, member: Any) -> Any:
    """A method or attribute of the raw one's."""
    if not callable(member):
        return property(lambda self: getattr(self._raw, name), doc=member.__doc__)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        with hidden:
            return getattr(self._raw, name)(*args, **kwargs)

    return look_like(method, member)


def refuse(cls: type[Poller], /, **_: Any) -> None:
    """As the raw type does."""
    with hidden:
        type(cls.__name__, (cls.raw_type,), {})


def make_epoll(raw: Any) -> type[Poller]:
    """The class that stands for `select.epoll`, a type."""

    class Epoll(Poller):
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

        def __enter__(self) -> Any:
            with hidden:
                self._raw.__enter__()
                return self

        def __exit__(self, *args: Any) -> Any:
            with hidden:
                return self._raw.__exit__(*args)

    return stand_for(Epoll, raw)


def patch_select(module: ModuleType) -> None:
    """Those of these that the system has."""
    replace_builtins(module, MakePoll, "poll")
    if hasattr(module, "epoll"):
        module.epoll = make_epoll(module.epoll)  # type: ignore[attr-defined]
