"""Errors: a sentence that is made once, of a template and fields that who translates it has as well."""

from __future__ import annotations

from workbench.core.errors import Invalid, NotFound, WorkbenchError, plain_fields, rebuild


def test_a_sentence_is_made_of_its_template_and_fields():
    error = NotFound("There is no topic {name!r} among {count:,}.", "See {where}.", name="a{b}", count=12_000,
                     where="x")
    assert error.sentence() == "There is no topic 'a{b}' among 12,000. See x."
    assert (error.code, error.template) == ("NotFound", "There is no topic {name!r} among {count:,}.")
    assert error.fields == {"name": "a{b}", "count": 12_000, "where": "x"}


def test_without_fields_words_are_taken_as_they_are():
    assert Invalid("«{a}» is no JSON.", "Try {}.").sentence() == "«{a}» is no JSON. Try {}."


def test_what_crosses_the_channel_is_told_in_the_same_words():
    sent = NotFound("No {name} at {at}.", "Look.", name="t", at=ValueError("here"))
    came = rebuild(sent.code, sent.message, sent.next_step, sent.template, sent.next_step_template, plain_fields(sent))
    assert type(came) is NotFound and came.sentence() == sent.sentence()
    assert came.template.format(**came.fields) == came.message
    assert type(rebuild("NoSuch", "Words.")) is WorkbenchError
