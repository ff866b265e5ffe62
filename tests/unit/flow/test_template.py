"""Templates draw valid JSON, the same again from a seed, and say where they are wrong."""

import json
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import Invalid
from workbench.flow.placeholders import Dice
from workbench.flow.template import Template


def template(text, key="", seed=1, headers="", **more):
    return Template(text, key, Dice(Random(seed), lambda: 1_700_000_000_123, **more), headers)


def draw(text, key="", times=1, seed=1):
    made = template(text, key, seed)
    return [json.loads(made.next()[1]) for _ in range(times)]


def test_counters_count_by_name():
    found = draw('{"a": "{counter}", "b": "O-{counter order 7}", "c": "{counter}"}', times=2)
    assert found == [{"a": 1, "b": "O-7", "c": 2}, {"a": 3, "b": "O-8", "c": 4}]


def test_counters_go_on_in_a_changed_template():
    counters: dict[str, Iterator[int]] = {}
    template('{"a": "{counter}"}', counters=counters).next()
    assert json.loads(template('{"b": "{counter}"}', counters=counters).next()[1]) == {"b": 2}


def test_a_lone_number_is_a_number_and_a_mixed_one_is_text():
    found = draw('["{int 3 3}", "{amount 2 2}", "{timestamp ms}", "{timestamp s}", "n{int 3 3}", "{choice 4|4}"]')
    assert found == [[3, 2.0, 1_700_000_000_123, 1_700_000_000, "n3", 4]]


def test_numbers_stay_in_their_range():
    found = draw('["{int -2 2}", "{amount 1 2}", "{float 0 1}"]', times=500)
    assert {a for a, _, _ in found} == {-2, -1, 0, 1, 2}
    assert all(1 <= b <= 2 and 0 <= c < 1 for _, b, c in found)


def test_weights_weigh():
    found = draw('"{choice often*9|seldom}"', times=2000)
    assert 0.85 < found.count("often") / 2000 < 0.95


def test_choices_with_quotes_and_accents_stay_json_and_key():
    made = template(json.dumps({"who": 'a "{choice ü"|ö"}'}), key="who")
    key, value, _, _ = made.next()
    assert json.loads(value)["who"].encode() == key


def test_times_ids_and_constants():
    (found,) = draw('{"at": "{now}", "id": "{uuid}", "ok": true, "none": null, "nest": {"x": []}, "p": "100 %s {{x}}"}')
    assert found["at"] == "2023-11-14T22:13:20.123Z"
    assert found["id"][14] == "4" and len(found["id"]) == 36
    assert (found["ok"], found["none"], found["nest"], found["p"]) == (True, None, {"x": []}, "100 %s {x}")


def test_references_repeat_a_field_and_in_an_item_its_own():
    item = '{"n": "{counter}", "m": "{ref n}/{ref id}"}'
    found = draw(f'{{"id": "{{int 1 99999}}", "items": {{"$repeat": [2, 4], "item": {item}}}}}', times=20)
    assert {len(event["items"]) for event in found} == {2, 3, 4}
    for event in found:
        assert all(item["m"] == f"{item['n']}/{event['id']}" for item in event["items"])


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ('{"c": "C-{int 5 5}"}', "c", b"C-5"),
        ('{"c": {"d": "{int 5 5}"}}', "c.d", b"5"),
        ('{"c": null}', "c", None),
        ('{"c": ["x"]}', "c.0", b"x"),
        ('{"c": 1}', "", None),
    ],
)
def test_the_key_comes_from_its_field(text, key, expected):
    assert template(text, key).next()[0] == expected


def test_fields_are_drawn_in_the_order_they_stand_in_whatever_is_kept():
    text = '{"a": "{counter}", "k": "{counter}", "b": {"$repeat": [0, 2], "item": {"$repeat": 2, "item": "{counter}"}}}'
    drawn = template(text, "k").draw(50)
    numbers = [n for event in drawn for n in _leaves(json.loads(event.value))]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [event.key for event in drawn] == [str(json.loads(event.value)["k"]).encode() for event in drawn]


def _leaves(value):
    if isinstance(value, int):
        return [value]
    return [n for item in (value.values() if isinstance(value, dict) else value) for n in _leaves(item)]


def test_a_reference_into_an_empty_repeat_is_null():
    (found,) = draw('{"items": {"$repeat": 0, "item": {"n": "{counter}"}}, "last": "{ref items.n}"}')
    assert found == {"items": [], "last": "null"}


texts = st.text()
constants = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts.filter(lambda name: name != "$repeat"), inner),
    max_leaves=12,
)


@given(constants)
def test_constants_of_any_kind_come_out_as_they_went_in(value):
    assert draw(json.dumps(_doubled(value))) == [value]


def _doubled(value):
    """With the braces of its texts written twice, as a template wants them; names are taken as they are."""
    if isinstance(value, dict):
        return {name: _doubled(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_doubled(item) for item in value]
    return value.replace("{", "{{").replace("}", "}}") if isinstance(value, str) else value


def headers_of(headers, text="{}", times=1, seed=1):
    return [dict(event.headers) for event in template(text, seed=seed, headers=headers).draw(times)]


def test_headers_differ_by_event_and_know_its_fields():
    text = '{"id": "{counter}", "who": {"name": "{choice ü\\"|ö}"}, "wait": null}'
    headers = """{"workbench.priority": "{choice 9|1}", "workbench.group": "{ref who.name}", "of": "order {ref id}",
                  "fixed": "a \\"b\\" {{c}}", "none": null, "again": "{ref wait}", "v": {"n": "{int 4 4}"}}"""
    for n, event in enumerate(template(text, headers=headers).draw(40), 1):
        value, found = json.loads(event.value), dict(event.headers)
        assert found.pop("workbench.priority") in (b"9", b"1")
        assert found.pop("workbench.group").decode() == value["who"]["name"]
        assert found == {"of": f"order {n}".encode(), "fixed": b'a "b" {c}', "none": None, "again": b"null",
                         "v": b'{"n": 4}'}
    priorities = {event["workbench.priority"] for event in headers_of(headers, text, times=40)}
    assert priorities == {b"9", b"1"}


def test_headers_of_a_seed_are_the_same_and_a_null_is_null():
    headers = '{"id": "{uuid}", "workbench.delay.ms": "{choice 500|null}"}'
    assert headers_of(headers, times=20) == headers_of(headers, times=20)
    assert headers_of(headers, times=20) != headers_of(headers, times=20, seed=2)
    assert {event["workbench.delay.ms"] for event in headers_of(headers, times=20)} == {b"500", None}


def test_headers_do_not_change_what_the_key_comes_from():
    drawn = template('{"id": "{counter}"}', "id", headers='{"id": "other {ref id}"}').next()
    assert (drawn.key, drawn.value, drawn.headers) == (b"1", b'{"id": 1}', (("id", b"other 1"),))


@given(st.dictionaries(texts, constants, max_size=4))
def test_constant_headers_come_out_as_they_went_in(plain):
    (found,) = headers_of(json.dumps(_doubled(plain)))
    for name, value in plain.items():
        data = found.pop(name)
        assert data == (None if value is None else value.encode() if isinstance(value, str) else data)
        assert value is None or isinstance(value, str) or json.loads(data) == value
    assert not found


@pytest.mark.parametrize(
    ("headers", "part"),
    [
        ('{"a": ', "The headers are not JSON at line 1"),
        ('{"a": {int 1 2}}', "Put placeholders in quotes"),
        ('{"a": "{in 1 5}"}', "The headers' «{in 1 5}» at line 1, column 8: there is no such placeholder"),
        ('{\n"a": "{ref nope}"}', "The headers' «{ref nope}» at line 2, column 7: no field «nope» stands before it. "
                                  "Name a field of the template"),
        ('{"a": "{x"}', "a { has no partner. Write it twice"),
        ('{"a": NaN}', "The headers hold NaN"),
        ("[1]", 'The headers must be an object. Write {"name": "text"}'),
    ],
)
def test_headers_say_where_they_are_wrong(headers, part):
    with pytest.raises(Invalid) as caught:
        template('{"id": "{counter}"}', headers=headers)
    assert part in caught.value.sentence()


def test_a_seed_gives_the_same_events():
    text = '{"a": "{name} {city} {uuid} {choice x|y*3}", "b": "{bool 0.3}", "c": "{country}"}'
    assert draw(text, times=20) == draw(text, times=20)
    assert draw(text, times=20) != draw(text, times=20, seed=2)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "line 1, column 1"),
        ("nope", "line 1, column 1"),
        ('{"a": {int 1 2}}', "Put placeholders in quotes"),
        ('{\n "b": 1,\n "a": "{foo}"}', "«{foo}» at line 3, column 8: there is no such placeholder"),
        ('{"a": "{int 1}"}', "it is written {int FROM TO}"),
        ('{"a": "{int 5 1}"}', "upside down"),
        ('{"a": "{choice x}"}', "{choice A|B|C}"),
        ('{"a": "x{"}', "«x{» at line 1, column 8: a { has no partner"),
        ('{"a": "{ref b}", "b": 1}', "no field «b» stands before it"),
        ('{"a": {"$repeat": [3, 1], "item": 1}}', "it is written"),
        ('{"a": {"$repeat": 2}}', "it is written"),
        ('{"a": NaN}', "NaN"),
        ('{"a": 1e999}', "1e999"),
        ('{"a": "{int 0 1e999}"}', "it is written {int FROM TO}"),
        ('{"a": "{ref b}", "c": "{ref  a}"}', "no field «b»"),
        ('{"a": "\\ud83d"}', "half a character"),
        ('{"$repeat": 1, "item": ' * 11 + "1" + "}" * 11, "more than 10 deep"),
        ('{"$repeat": 200, "item": {"$repeat": [0, 200], "item": 1}}', "more than 10,000 items"),
        ("[" * 65 + "]" * 65, "nested too deep. It may go 64 deep"),
        ("[" * 100_000 + "]" * 100_000, "nested too deep. It may go 64 deep"),
        ("9" * 5000, "too many digits"),
    ],
)
def test_a_wrong_template_says_where(text, part):
    with pytest.raises(Invalid) as caught:
        template(text)
    assert part in caught.value.sentence()
