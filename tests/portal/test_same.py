"""What a template says in every answer is drawn once for each language, and knows of no request."""

import pytest
from django.template import RequestContext, engines
from django.urls import set_script_prefix
from django.utils import translation


@pytest.fixture
def template():
    text = (
        "{% load i18n same %}{{ name }}: {% same %}"
        "{{ name }}{{ user }}{{ request.path }}{{ csrf_token }}"
        "{% translate 'Search' %} {% url 'search' %}{% endsame %}"
    )
    return engines["django"].from_string(text).template


def drawn(template, rf, **context):
    return template.render(RequestContext(rf.get("/spend/"), context))


def test_it_knows_nothing_of_a_request(template, rf):
    assert drawn(template, rf, name="Alma", user="alma") == "Alma: Search /search/"
    assert drawn(template, rf, name="Ben", user="ben") == "Ben: Search /search/"


def test_it_is_drawn_once(template, rf, monkeypatch):
    asked = []
    monkeypatch.setattr("django.template.defaulttags.URLNode.render", lambda *_: asked.append(1) or "there")
    assert {drawn(template, rf, name="Alma") for _ in range(5)} == {"Alma: Search there"}
    assert len(asked) == 1


def test_it_is_said_in_the_language_of_each_reader(template, rf):
    said = {}
    for language in ("en", "de", "tr", "en"):
        with translation.override(language):
            said.setdefault(language, set()).add(drawn(template, rf, name="Alma"))
    assert {language: words.pop() for language, words in said.items() if len(words) == 1} == {
        "en": "Alma: Search /search/",
        "de": "Alma: Suchen /search/",
        "tr": "Alma: Ara /search/",
    }


def test_it_leads_to_where_the_portal_is(template, rf):
    assert drawn(template, rf, name="Alma").endswith(" /search/")
    set_script_prefix("/hosting/")
    try:
        assert drawn(template, rf, name="Alma").endswith(" /hosting/search/")
    finally:
        set_script_prefix("/")
