"""Every row that names a person leaves with the copy of their own data, or there is a reason why it does not."""

from django.apps import apps

from portal.kernel.core import ports

#: Fields that say whom a row is about: a reference, a lookup hash of an address, a login.
OF_A_PERSON = frozenset({"subject_ref", "guardian_ref", "person_ref", "child_ref", "old_ref", "new_ref", "address_key"})
OF_A_LOGIN = frozenset({"user", "customer"})
PEOPLE = frozenset({"people.Principal", "people.Subject"})

#: Why the copy leaves it out. A new entry is a decision: say it in a sentence.
NOT_TOLD = {
    "audit.AuditEvent": "What staff and systems did: references and codes; looks at documents are told with the documents.",
    "audit.AuditPersonal": "Network address and browser beside an event; those of the person's sign-ins are told with them.",
    "consent.BroadcastPerson": "Proof that a message went out, or why none did; the message itself is told.",
    "consent.ConsentState": "Folded from the answers, which are told one by one.",
    "consent.GivenAnswer": "What a system was answered about a hashed address; nobody is in the row.",
    "consent.TakenAnswer": "Told as the answer it became; what no second person agreed to is no answer.",
    "consent.Telling": "Proof that a message went out; the message itself is told.",
    "evidence.PersonFile": "That what is recorded of somebody was put together as evidence, for a court or an authority.",
    "grievances.NomineeStanding": "The person is written to before it begins; that letter, and the report, are told.",
    "grievances.TicketContact": "Where a grievance is answered; each letter there is told with its address.",
    "grievances.TicketDraft": "Not sent: only the browser that writes it opens it, and it ends by itself.",
    "law.Clock": "Times by which we have to act; what they are about is told.",
    "ledger.Entry": "Each answer names its entry; the entry says nothing more.",
    "people.Absence": "Staff at work.",
    "people.AccountChange": "The letters about it are told, and the members and nominees as they are.",
    "people.AddressChange": "The letters about it are told, and the addresses it led to.",
    "people.Insolvency": "An order about an organisation, and the public number of whom it names.",
    "people.Invitation": "The letter is told with the messages, what came of it as acting for a customer.",
    "people.MergeProposal": "Words of staff about two records; the copy is of both.",
    "people.MfaReset": "Staff at work.",
    "people.OneTimeCode": "Good for minutes, and whoever reads it could sign in.",
    "people.RoleGrant": "Staff at work.",
    "people.RoleProposal": "Staff at work.",
    "people.SubjectAlias": "Which references are one person: the copy is of all of them.",
    "people.User": "The login itself: its address and its sign-ins are told.",
    "people.WrongCode": "Kept for seconds, until the sign-ins have it.",
    "registers.AccountBlock": "A book about customers' accounts; a decision about one is written to its people.",
    "registers.Incident": "The reference is of the letters to authorities, nobody's.",
    "registers.IncidentPerson": "Whoever is concerned is written to (DPDP s.8(6)); that letter is told.",
    "registers.LastInbound": "An instant that ends after hours.",
    "registers.ReportedSend": "What a sending system told of its own message, to find those after a no.",
    "registers.SendingEntity": "A company's registration as a sender.",
    "retention.ChildReport": "Who reported a child is not told to anybody; what followed is told as what it became.",
    "retention.ErasureItem": "Proof of what was erased; it is told with the answer to the request.",
    "retention.KeptRecord": "Which rule keeps what until when; the answer to the request says it in words.",
    "retention.LegalClaim": "What a dispute needs; each record that it keeps says so in the answer to a request to erase.",
    "retention.Hold": "Why something must be kept, for a court or an authority; a refusal to erase names the law.",
    "vault.ErasureMark": "That a reference was erased: there is nobody left to copy for.",
    "vault.ShredOrder": "That a key is to end.",
    "vault.StoredFile": "The file of a document, a scan or a letter, which is told where it belongs.",
    "vault.SubjectKey": "A key, wrapped.",
}


def _names_a_person(model) -> bool:
    return any(
        field.name in OF_A_PERSON
        or (field.related_model is not None and (field.name in OF_A_LOGIN or field.related_model._meta.label in PEOPLE))
        for field in model._meta.concrete_fields
    )


def _ours():
    rooms = ("consent.", "grievances.", "kyc.", "portal.")
    return {m._meta.label for m in apps.get_models() if m.__module__.startswith(rooms) and _names_a_person(m)}


def test_each_model_that_names_a_person_is_in_their_copy_or_has_a_reason_to_stay_out():
    told = {label for section in ports.sections for label in section.covers}
    assert _ours() - told - NOT_TOLD.keys() == set()


def test_nothing_is_both_told_and_excused_and_no_name_is_left_over():
    told = [label for section in ports.sections for label in section.covers]
    assert len(told) == len(set(told))
    assert set(told) & NOT_TOLD.keys() == set()
    assert NOT_TOLD.keys() - _ours() == set()
    for label in told:
        apps.get_model(label)
