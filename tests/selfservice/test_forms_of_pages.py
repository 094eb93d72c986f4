from django import forms
from django.template import Context, Template

from portal.fronts.selfservice.templatetags.form_tags import problems, target
from portal.fronts.selfservice.templatetags.text_format import at_break, paragraph, spaced


class Questions(forms.Form):
    name = forms.CharField(label="Your name", help_text="As on your PAN.")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    ready = forms.BooleanField(label="I am ready")
    code = forms.CharField(widget=forms.HiddenInput)

    def clean(self):
        raise forms.ValidationError("The parts do not fit together")


def rendered(form):
    template = '{% include "selfservice/includes/errors.html" %}{% include "selfservice/includes/form.html" %}'
    return Template(template).render(Context({"form": form}))


def test_each_problem_links_to_the_control_that_mends_it():
    form = Questions({})
    found = {problem.target for problem in problems(form)}
    assert found == {"id_name", "id_kind_0", "id_ready"}
    page = rendered(form)
    for name in found:
        assert f'href="#{name}"' in page
        assert page.count(f'id="{name}"') == 1


def test_the_summary_and_the_field_say_the_same_words():
    form = Questions({"kind": "c", "ready": "on"})
    page = rendered(form)
    for text in ("Select a valid choice. c is not one of the available choices.", "This field is required."):
        assert page.count(text) >= 2


def test_the_summary_names_the_field_that_is_missing():
    assert [problem.text for problem in problems(Questions({"kind": "a", "ready": "on", "code": "1"}))] == [
        "The parts do not fit together",
        "Your name: This field is required.",
    ]


class Particulars(forms.Form):
    begins = forms.DateField(label="Begins on")
    days = forms.IntegerField(label="Days", min_value=1)
    copies = forms.IntegerField(label="Copies", error_messages={"invalid": "Enter how many copies you need."})
    town = forms.CharField(label="Town", max_length=3)

    def clean_town(self):
        raise forms.ValidationError("Enter a town of India.", code="invalid")


def test_the_summary_names_the_field_where_the_words_are_djangos_and_not_where_they_are_ours():
    form = Particulars({"begins": "soon", "days": "0", "copies": "many", "town": "Goa"})
    assert [problem.text for problem in problems(form)] == [
        "Begins on: Enter a valid date.",
        "Days: Ensure this value is greater than or equal to 1.",
        "Enter how many copies you need.",
        "Enter a town of India.",
    ]
    long = Particulars({"begins": "2026-11-24", "days": "1", "copies": "2", "town": "Mumbai"})
    assert [problem.text for problem in problems(long)] == [
        "Town: Ensure this value has at most 3 characters (it has 6).",
    ]


def test_a_hint_and_an_error_are_tied_to_their_field():
    page = rendered(Questions({}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_helptext"' in page
    assert 'id="id_name_error"' in page
    assert 'aria-describedby="id_kind_error"' in page


def test_a_form_without_errors_has_no_summary():
    assert "There is a problem" not in rendered(Questions())


def test_a_hint_cannot_carry_markup():
    class Loud(forms.Form):
        name = forms.CharField(help_text="<b>loud</b>")

    assert "<b>" not in rendered(Loud())


def test_the_target_of_a_group_without_choices_is_the_group():
    class Empty(forms.Form):
        kind = forms.ChoiceField(choices=[], widget=forms.RadioSelect)

    assert target(Empty()["kind"]) == "id_kind"


def test_an_address_breaks_after_its_at_and_a_number_is_read_in_groups():
    assert at_break("grievance.officer@onesetu.example") == "grievance.officer@<wbr>onesetu.example"
    assert at_break("<b>@x.example") == "&lt;b&gt;@<wbr>x.example"
    assert spaced("+919876543210") == "+91 98765 43210"
    assert spaced("our desk") == "our desk"


def test_lines_with_a_hyphen_become_a_list_and_others_stay_lines():
    assert paragraph("We keep:\n- tax law\n- <logs>\nThen it goes.\nAlways.") == (
        "<p>We keep:</p><ul><li>tax law</li><li>&lt;logs&gt;</li></ul><p>Then it goes.<br>Always.</p>"
    )
