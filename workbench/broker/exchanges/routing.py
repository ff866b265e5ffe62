"""Where a message goes: exchanges, their bindings, and the matching of keys and headers. Pure; any thread.

    declared exchanges and bindings ──► Topology (never changes; each act gives a new one)
                                           │ route(exchange, key, headers)
                                           ▼
    exchange ─ matcher of its type ─► queues and exchanges ─► ... each exchange once ─► Routed

The rules are RabbitMQ's, as its server has them:

- An exchange whose own bindings match nothing hands the message to its alternate; one that is not there takes nothing.
- An exchange is visited once for a message, so bindings in a cycle end; a queue gets one copy however it is reached.
- In a topic key words stand between dots, and the empty key has no words: ``#`` matches it, ``*`` does not.
- In a headers binding, arguments whose names begin with ``x-`` are not looked at. With nothing left to look at, *all*
  matches everything and *any* nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.core.errors import Invalid, NotFound, Refused
from workbench.core.records import Headers
from workbench.core.routing import DEFAULT_EXCHANGE, Binding, Exchange, ExchangeType, Routed

MAX_KEY_BYTES = 255
"""Of a routing key and of a name: AMQP's short string."""

RESERVED = "amq."
UNSEEN_ARGUMENTS = "x-"
ANY_WORD, ANY_WORDS = "*", "#"

Matcher = Callable[[str, Headers], Iterable[Binding]]


# -- matching ------------------------------------------------------------------------------------------------
def words_of(key: str) -> list[str]:
    """The words of a topic key; none for the empty key."""
    return key.split(".") if key else []


@dataclass(slots=True)
class _Node:
    """A place in the tree of patterns. ``loops``: any further word leads back here, for it stands for a ``#``."""

    loops: bool = False
    children: dict[str, _Node] = field(default_factory=dict)
    bindings: list[Binding] = field(default_factory=list)

    def child(self, word: str) -> _Node:
        found = self.children.get(word)
        if found is None:
            found = self.children[word] = _Node(loops=word == ANY_WORDS)
        return found


class TopicTree:
    """Patterns with ``*`` and ``#``, walked once for a key: all places it may be at move on word by word, so that many
    ``#`` in one pattern cost no more than one."""

    def __init__(self, bindings: Iterable[Binding]) -> None:
        self._root = _Node()
        for binding in bindings:
            node = self._root
            for word in words_of(binding.key):
                node = node.child(word)
            node.bindings.append(binding)

    def __call__(self, key: str, headers: Headers = ()) -> list[Binding]:
        places = _with_empty_matches([self._root])
        for word in words_of(key):
            places = _with_empty_matches(_after(places, word))
        return [binding for node in places for binding in node.bindings]


def _after(places: Iterable[_Node], word: str) -> list[_Node]:
    moved = []
    for node in places:
        if node.loops:
            moved.append(node)
        moved += [node.children[step] for step in (word, ANY_WORD) if step in node.children]
    return moved


def _with_empty_matches(places: Sequence[_Node]) -> list[_Node]:
    """``places`` and where a ``#`` that stands for no word leads from them, each once."""
    found: dict[int, _Node] = {}
    waiting = list(places)
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found[id(node)] = node
            if ANY_WORDS in node.children:
                waiting.append(node.children[ANY_WORDS])
    return list(found.values())


def headers_match(binding: Binding, headers: Mapping[str, bytes | None]) -> bool:
    """Whether a message with ``headers`` suits a headers binding."""
    seen = [(name, value) for name, value in binding.arguments if not name.startswith(UNSEEN_ARGUMENTS)]
    hits = (headers.get(name) == value.encode() for name, value in seen)
    return any(hits) if binding.match_any else all(hits)


def _direct(bindings: Iterable[Binding]) -> Matcher:
    by_key: dict[str, list[Binding]] = {}
    for binding in bindings:
        by_key.setdefault(binding.key, []).append(binding)
    return lambda key, headers: by_key.get(key, ())


def _fanout(bindings: Iterable[Binding]) -> Matcher:
    every = tuple(bindings)
    return lambda key, headers: every


def _headers(bindings: Iterable[Binding]) -> Matcher:
    every = tuple(bindings)

    def match(key: str, headers: Headers) -> list[Binding]:
        whole = dict(headers)  # of a header given twice the last counts
        return [binding for binding in every if headers_match(binding, whole)]

    return match


_MATCHERS: Mapping[ExchangeType, Callable[[Iterable[Binding]], Matcher]] = {
    ExchangeType.DIRECT: _direct,
    ExchangeType.FANOUT: _fanout,
    ExchangeType.TOPIC: TopicTree,
    ExchangeType.HEADERS: _headers,
}


# -- the topology --------------------------------------------------------------------------------------------
class Topology:
    """All exchanges and bindings. Acts give a new topology and leave this one, which may be read meanwhile.

    The default exchange is not in it: whether ``route`` finds a queue by its name is asked of ``is_queue``.
    """

    def __init__(self, exchanges: Iterable[Exchange] = (), bindings: Iterable[Binding] = ()) -> None:
        self._exchanges = {exchange.name: exchange for exchange in exchanges}
        self._bindings: dict[str, tuple[Binding, ...]] = {name: () for name in self._exchanges}
        self._matchers: dict[str, Matcher] = {}  # made when an exchange is first used
        for binding in dict.fromkeys(bindings):
            self._bindings[binding.exchange] += (binding,)

    def exchanges(self) -> list[Exchange]:
        return sorted(self._exchanges.values(), key=lambda exchange: exchange.name)

    def exchange(self, name: str) -> Exchange:
        found = self._exchanges.get(name)
        if found is None:
            raise NotFound("There is no exchange {name}.", "Declare it first.", name=name)
        return found

    def has(self, name: str) -> bool:
        return name in self._exchanges

    def bindings(self, exchange: str = "") -> list[Binding]:
        """Of one exchange, or all of them."""
        if exchange:
            self.exchange(exchange)
            return list(self._bindings[exchange])
        return [binding for name in sorted(self._bindings) for binding in self._bindings[name]]

    # -- acts ------------------------------------------------------------------------------------------------
    def declare(self, exchange: Exchange) -> Topology:
        """Declaring the same again changes nothing; with other settings it is refused."""
        check_name(exchange.name)
        known = self._exchanges.get(exchange.name)
        if known is None:
            return self._changed({**self._exchanges, exchange.name: exchange}, self._bindings)
        if known.type is not exchange.type:
            raise Refused("Exchange {name} is there already, as {type}: it can't be declared again as {type_2}.",
                          "Delete it first, or use another name.", name=exchange.name, type=known.type,
                          type_2=exchange.type)
        if known.alternate != exchange.alternate:
            raise Refused("Exchange {name} is there already, {known}: it can't be declared again {exchange}.",
                          "Alter it, or use another name.", name=exchange.name, known=_alternate(known),
                          exchange=_alternate(exchange))
        if known != exchange:
            raise Refused("Exchange {name} is there already, declared otherwise: it can't be durable, internal or "
                          "auto-deleted and not.", "Declare it as it is, or use another name.", name=exchange.name)
        return self

    def predeclare(self, exchange: Exchange) -> Topology:
        """One of a system's own exchanges, which its clients expect to be there; the name may be a reserved one."""
        if exchange.name in self._exchanges:
            return self
        return self._changed({**self._exchanges, exchange.name: exchange}, self._bindings)

    def alter(self, exchange: Exchange) -> Topology:
        """Another alternate, as a policy sets one in RabbitMQ; the type stays."""
        known = self.exchange(exchange.name)
        if known.type is not exchange.type:
            raise Refused("The type of exchange {name} can't change.", "Delete it and declare it anew.",
                          name=exchange.name)
        if known == exchange:
            return self
        return self._changed({**self._exchanges, exchange.name: exchange}, self._bindings)

    def delete(self, name: str) -> Topology:
        """The exchange goes, with the bindings from it and to it."""
        _refuse_default(name)
        self.exchange(name)
        exchanges = {other: exchange for other, exchange in self._exchanges.items() if other != name}
        kept = {other: bindings for other, bindings in self._bindings.items() if other != name}
        return self._unbound(exchanges, kept, _without_destination(kept, name, to_exchange=True))

    def bind(self, binding: Binding) -> Topology:
        """Binding the same again changes nothing. Whether a queue is there, the caller knows."""
        _refuse_default(binding.exchange)
        source = self.exchange(binding.exchange)
        check_key(binding.key)
        if binding.to_exchange:
            _refuse_default(binding.destination)
            self.exchange(binding.destination)
        if binding.arguments and source.type is not ExchangeType.HEADERS:
            raise Invalid("A binding of the {type} exchange {name} takes no header arguments.",
                          "Use a headers exchange, or give a binding key.", type=source.type, name=source.name)
        if binding in self._bindings[source.name]:
            return self
        bound = {**self._bindings, source.name: (*self._bindings[source.name], binding)}
        return self._changed(self._exchanges, bound)

    def unbind(self, binding: Binding) -> Topology:
        _refuse_default(binding.exchange)
        self.exchange(binding.exchange)
        left = tuple(other for other in self._bindings[binding.exchange] if other != binding)
        if len(left) == len(self._bindings[binding.exchange]):
            raise NotFound("{destination} is not bound to {exchange} like that.", "Look at the exchange's bindings.",
                           destination=binding.destination, exchange=binding.exchange)
        return self._unbound(self._exchanges, self._bindings, {**self._bindings, binding.exchange: left})

    def without_queue(self, queue: str) -> Topology:
        """A queue was deleted: its bindings go with it."""
        if not any(binding.destination == queue and not binding.to_exchange for binding in self.bindings()):
            return self
        left = _without_destination(self._bindings, queue, to_exchange=False)
        return self._unbound(self._exchanges, self._bindings, left)

    def with_queue_renamed(self, old: str, new: str) -> Topology:
        """Its bindings lead to the queue's new name."""
        def moved(binding: Binding) -> Binding:
            led = binding.destination == old and not binding.to_exchange
            return replace(binding, destination=new) if led else binding

        found = {name: tuple(map(moved, bound)) for name, bound in self._bindings.items()}
        return self._changed(self._exchanges, {name: bound if bound != self._bindings[name] else self._bindings[name]
                                               for name, bound in found.items()})

    def _unbound(self, exchanges: dict[str, Exchange], before: Mapping[str, tuple[Binding, ...]],
                 after: dict[str, tuple[Binding, ...]]) -> Topology:
        """An exchange that was declared so goes with the last of its bindings, as one by one they lose theirs."""
        made = self._changed(exchanges, after)
        for name, exchange in exchanges.items():
            if exchange.auto_delete and before.get(name) and not after.get(name) and made.has(name):
                made = made.delete(name)
        return made

    def _changed(self, exchanges: dict[str, Exchange], bindings: dict[str, tuple[Binding, ...]]) -> Topology:
        made = Topology()
        made._exchanges = exchanges
        made._bindings = {name: bindings.get(name, ()) for name in exchanges}
        for name, matcher in self._matchers.items():  # those whose bindings stayed serve on
            if made._bindings.get(name) is self._bindings[name] and exchanges[name] == self._exchanges[name]:
                made._matchers[name] = matcher
        return made

    # -- routing ---------------------------------------------------------------------------------------------
    def route(self, exchange: str, key: str, headers: Headers, is_queue: Callable[[str], bool]) -> Routed:
        """Where a message goes that is sent to ``exchange``. NotFound when the exchange is not there."""
        if exchange == DEFAULT_EXCHANGE:
            found = (key,) if is_queue(key) else ()
            return Routed(found, (DEFAULT_EXCHANGE,), (DEFAULT_EXCHANGE,) if found else ())
        self.exchange(exchange)
        queues: dict[str, None] = {}
        passed, matched = {exchange: None}, []
        waiting = [exchange]
        while waiting:
            name = waiting.pop(0)
            hits = self._matcher(name)(key, headers)
            if hits:
                matched.append(name)
            further = [hit.destination for hit in hits if hit.to_exchange]
            queues.update((hit.destination, None) for hit in hits if not hit.to_exchange)
            alternate = self._exchanges[name].alternate
            if not hits and alternate in self._exchanges:
                further.append(alternate)
            new = [other for other in dict.fromkeys(further) if other not in passed]
            passed.update(dict.fromkeys(new))
            waiting += new
        return Routed(tuple(queues), tuple(passed), tuple(matched))

    def _matcher(self, name: str) -> Matcher:
        found = self._matchers.get(name)
        if found is None:
            made = _MATCHERS[self._exchanges[name].type](self._bindings[name])
            found = self._matchers[name] = made  # two threads may make the same; either will do
        return found

    def reach(self, exchange: str) -> frozenset[str]:
        """Every queue that ``exchange`` may lead to, by any key, by bindings and alternates."""
        queues: set[str] = set()
        seen, waiting = {exchange}, [exchange] if exchange in self._exchanges else []
        while waiting:
            name = waiting.pop()
            queues |= {binding.destination for binding in self._bindings[name] if not binding.to_exchange}
            new = set(self._onward(name)) - seen
            seen |= new
            waiting += new
        return frozenset(queues)

    def _onward(self, name: str) -> list[str]:
        """The exchanges that one hands messages to: those bound to it, and its alternate."""
        onward = [binding.destination for binding in self._bindings[name] if binding.to_exchange]
        alternate = self._exchanges[name].alternate
        return [*onward, alternate] if alternate in self._exchanges else onward

    def cycles(self) -> list[tuple[str, ...]]:
        """Exchanges that lead back to themselves, by bindings or alternates; each cycle once. They do no harm, for an
        exchange is visited once, but were hardly meant."""
        return find_cycles({name: self._onward(name) for name in self._exchanges})


def find_cycles(onward: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """The cycles that a walk along ``onward`` closes, each turned so that its least name is first."""
    found: dict[tuple[str, ...], None] = {}
    done: set[str] = set()
    for start in sorted(onward):
        path: list[str] = []
        steps = [iter((start,))]
        while steps:
            name = next(steps[-1], None)
            if name is None:
                steps.pop()
                if path:
                    done.add(path.pop())
            elif name in path:
                cycle = path[path.index(name):]
                least = cycle.index(min(cycle))
                found[(*cycle[least:], *cycle[:least])] = None
            elif name not in done:
                path.append(name)
                steps.append(iter(sorted(set(onward[name]))))
    return list(found)


# -- what may be asked ---------------------------------------------------------------------------------------
def check_name(name: str) -> None:
    _refuse_default(name)
    if len(name.encode()) > MAX_KEY_BYTES:
        raise Invalid("An exchange's name can't have {count} bytes.", "Use at most {max_key_bytes}.",
                      count=len(name.encode()), max_key_bytes=MAX_KEY_BYTES)
    if not name.isprintable():
        raise Invalid("An exchange's name can't have control characters.", "Use letters, digits, dots and hyphens.")
    if name.startswith(RESERVED):
        raise Refused("Names that begin with {reserved} are reserved, as in RabbitMQ.", "Use another name.",
                      reserved=RESERVED)


def check_key(key: str) -> None:
    if len(key.encode()) > MAX_KEY_BYTES:
        raise Invalid("A routing key can't have {count} bytes.", "Use at most {max_key_bytes}.",
                      count=len(key.encode()), max_key_bytes=MAX_KEY_BYTES)


def _refuse_default(name: str) -> None:
    if name == DEFAULT_EXCHANGE:
        raise Refused("The default exchange can't be changed: each queue is bound to it by its own name.",
                      "Give the exchange a name.")


def _alternate(exchange: Exchange) -> str:
    return f"with the alternate {exchange.alternate}" if exchange.alternate else "without an alternate"


def _without_destination(bindings: Mapping[str, tuple[Binding, ...]], destination: str,
                         to_exchange: bool) -> dict[str, tuple[Binding, ...]]:
    def leads_there(binding: Binding) -> bool:
        return binding.destination == destination and binding.to_exchange is to_exchange

    return {name: tuple(binding for binding in bound if not leads_there(binding)) if any(map(leads_there, bound))
            else bound for name, bound in bindings.items()}
