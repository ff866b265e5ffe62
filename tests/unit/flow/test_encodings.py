"""What a drawn topic or queue is written in goes to the broker as its settings; what is guessed does not."""

from __future__ import annotations

import pytest

from workbench.core.encodings import encodings_of
from workbench.core.errors import Invalid
from workbench.flow.document import FlowDocument, Node
from workbench.flow.topics import drawn_topic


@pytest.mark.parametrize("kind", ["topic", "queue", "dead_letters"])
def test_a_drawn_encoding_is_a_setting_of_the_topic(kind: str):
    plain = Node("a", kind, "a")
    chosen = Node("b", kind, "b", params={"value_encoding": "msgpack", "key_encoding": "json"})
    document = FlowDocument([plain, chosen], [])
    assert not {"key.encoding", "value.encoding"} & drawn_topic(document, plain).config.keys()
    assert encodings_of(drawn_topic(document, chosen).config) == ("json", "msgpack")
    with pytest.raises(Invalid, match="morse"):
        drawn_topic(document, Node("c", kind, "c", params={"value_encoding": "morse"}))
