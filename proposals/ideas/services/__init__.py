"""What can be done with ideas: load, decide, one write. One module for each part of the way.

`writing` raises and edits, `reading` lists and finds, `endorsing` counts, `progress` moves along the pipeline, `sweeping` does what time brings,
`joining` brings people and ideas together, `programmes` holds the settings.
"""
