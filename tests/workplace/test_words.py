"""What the states and the words mean, said of every state there is."""

import pytest
from django.apps import apps

from portal.fronts.workplace import help_glossary


@pytest.mark.parametrize("kind", help_glossary.STATES, ids=lambda kind: kind.anchor)
def test_every_state_of_a_record_is_explained_with_what_may_follow(kind):
    choices = [value for value, _label in apps.get_model(kind.model)._meta.get_field("state").choices]
    assert [str(state) for state in kind.labels] == [str(value) for value in choices]
    assert set(kind.meanings) == set(kind.labels)
    assert all(str(meaning).endswith(".") for meaning in kind.meanings.values())
    assert len(kind.rows) == len(choices)


def test_the_glossary_is_in_the_order_of_its_words():
    names = [str(word).lower() for word, _meaning in help_glossary.GLOSSARY]
    assert names == sorted(names)


@pytest.mark.django_db
def test_a_list_leads_to_what_its_states_mean(staff):
    client = staff("support")
    assert 'href="/admin/help/#grievances"' in client.get("/admin/grievances/ticket/").text
    page = client.get("/admin/help/")
    assert 'id="grievances"' in page.text
    assert "What may come next" in page.text


@pytest.mark.django_db
def test_single_keys_are_switched_off_for_every_page_and_on_again(staff):
    client = staff("support")
    for is_on in (True, False, True):
        page = client.get("/admin/help/").text
        assert ("workplace/keys.js" in page) is is_on
        client.post("/admin/help/keys/")
