"""The control room: Textual screens on the whole fleet.

A screen asks its `source.Fleet` and renders the frozen views it gets; it keeps only what the operator chose: cursor,
tab, filter. `control_room` polls and hands views out, `keymap` says which key does what, `widgets` draw lines.
"""
