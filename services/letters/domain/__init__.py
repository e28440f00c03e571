"""What a letter is and what may be done with it: pure functions over frozen values. No HTTP, SQL, clock or files.

Read from the ground up: ``naming`` (ids and references), ``catalogue`` (which event causes which letter), ``event``
(what is recorded of a letter), ``merge_fields`` (what casework tells us for one event), ``working_days``, ``letter``
(the state, folded), ``drafting`` (merge fields to a draft), ``effects`` (what later events of the case do to letters
not yet sent), ``checks`` (what an approval needs), ``decision`` (what people may do).
"""
