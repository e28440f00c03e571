"""What the letters service is told about one event of a case, so that it can draft a letter: its merge fields.

Pure functions over the events of the case, the policy and the people directory. What is asked for is one event; what
is answered is settled here:

- *As before the event*: what had happened until then. Contacts and earlier requests are those with the person written
  to, and no one else's; concern, impact and the offer of the complaints route are the newest ones recorded by then. So
  a letter tells the same story however late it is drafted.
- *As things stand now*: whatever protects somebody or may have been put right: identity, holds, handler, conflicts,
  audience, categories, evidence and what is restricted about it, letters that went out, names and addresses, and words
  that were corrected. So a letter drafted again never repeats what the school knows better by now.
- *Party ids*: a person of the people directory goes by the id there, in every case; who is only described goes by the
  label of the case (``P3``). Ids of letters are made of them, so they never change for the same person.
- *Recipients*: the table in :mod:`casework.application.merge_fields.causes` says to whom the letters of an event may
  go, by class: P the poster or responsible adult, A an affected person, O an outside body. An event that is not in it
  causes no letter, and there is nothing to be told about it.
- *Addresses* come from the directory alone. One that is confidential, or that a court order stands against, is not
  given out: only the fact that it is so. Those of others are told as digests, so that none of them is borrowed (R17).
- *Quotes* are cut to 240 characters. Of a post without words the summary is given that came with its report. Where the
  evidence of a post is restricted, or what is said holds the full name of a listed pupil, a sentence that says why
  stands in its place.
- *Conflicted* are the accounts, good or not, of whoever the posts are about and of the poster (R11): they sign nothing
  and see nothing.
- *Handler*: who is assigned, else the first caseworker to decide in the case once it was reported; nobody in conflict.
- *Names*: everybody in the case, and the families of its people as the directory knows them. Only recipients,
  signatories and staff of the case may be named in a letter, and no pupil is named by the answer anywhere else; what
  people wrote (concerns, responses) is theirs, and the letters service looks through it.

- *Outside bodies* (host, police, adviser, authority) go by their label, in every case. What they are told besides is a
  table too (:mod:`casework.application.merge_fields.further`); legal advice and other cases are fetched for the few
  events that need them (:mod:`casework.application.merge_fields.around`).

An erased case has none of this to tell (:class:`PersonalFieldsGone`).
"""

from casework.application.merge_fields.answering import merge_fields_of
from casework.application.merge_fields.around import Around, around
from casework.application.merge_fields.causes import cause_at
from casework.application.merge_fields.directory import Account, ContactPoint, KnownPerson, People, Tie
from casework.application.merge_fields.shape import MergeFields
from casework.application.merge_fields.view import PersonalFieldsGone

__all__ = [
    "Account",
    "Around",
    "ContactPoint",
    "KnownPerson",
    "MergeFields",
    "People",
    "PersonalFieldsGone",
    "Tie",
    "around",
    "cause_at",
    "merge_fields_of",
]
