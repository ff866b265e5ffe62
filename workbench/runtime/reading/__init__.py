"""Files of events, read: what they are, what they hold, and what of it can't be taken.

    byte_source -> unpack -> charset -> one format (jsonl, json, csv, lines) -> events, in batches
                                                             \\-> findings: what was skipped, lacked or assumed

``detect`` looks at a file's beginning, ``formats`` is the table of formats, ``reader`` joins the stages, ``ahead`` runs
them beside an event loop, ``preview`` shows what would come of a file. Nothing here knows who wants the events.
"""
