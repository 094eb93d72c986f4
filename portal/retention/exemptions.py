"""Personal data that no eraser covers, each with its reason. A new entry is a decision: say why in one sentence."""

#: Models of the portal and of its libraries, by label.
EXEMPT: dict[str, str] = {
    "admin.LogEntry": "Stays empty: an act in the admin is an audit event.",
    "auth.Group": "Not used: roles are rows of people.",
    "auth.Group_permissions": "Not used: roles are rows of people.",
    "auth.Permission": "Names of Django's own permissions, nobody's data.",
    "contenttypes.ContentType": "Names of models, nobody's data.",
    "consent.DefectOverride": "Words of staff about a text; kept as the reason of a published notice.",
    "consent.PublicationProposal": "Words of staff about a text; kept as the reason of a published notice.",
    "people.ApiKey": "Words of staff about a system, and the hash of its key; kept with the proposal they explain.",
    "people.MfaReset": "Words of staff about staff; kept with the proposal they explain.",
    "people.RoleProposal": "Words of staff about staff; kept with the proposal they explain.",
    "registers.CompanyDetails": "Words of staff about the company; kept with the proposal they explain.",
    "registers.ConsentTemplate": "Words of staff about a text; kept with the proposal they explain.",
    "registers.ContentTemplate": "Words of staff about a text; kept with the proposal they explain.",
    "registers.ContentTemplate_senders": "Which template goes with which header: references only.",
    "registers.ListedTarget": "Words of staff about a link or number; kept with the proposal they explain.",
    "registers.Officer": "Published by law (SPDI Rules r.5(9)) and named in letters that are kept as proof.",
    "registers.Sender": "Words of staff about a header or number; kept with the proposal they explain.",
    "registers.SendingEntity": "Words of staff about a registration; kept with the proposal they explain.",
    "retention.Hold": "The reason of a hold must outlive what it held.",
    "retention.HoldRelease": "The reason of a release must outlive what was held.",
    "vault.StoredFile": "Holds a wrapped key and no clear data; the room whose file it is shreds it.",
    "vault.SubjectKey": "The key itself: shredding it is how others erase.",
    "workplace.ProfileProposal": "Words of staff about the company; kept with the proposal they explain.",
    "workplace.PurposeProposal": "Words of staff about a purpose; kept with the proposal they explain.",
}
