"""The use cases: load, decide, append. They know neither HTTP nor SQL; what they need of the world are protocols.

``letters`` (the event-sourced application), ``content`` (what is sealed beside the events), ``drafts`` (a page of the
feed to drafts), ``rendering`` (drafts to PDF, and the proof that they render again), ``desk`` (what people decide),
``reading`` (what people look at), ``filing`` (what was sent goes back into the case), ``follow`` (the loop).
"""
