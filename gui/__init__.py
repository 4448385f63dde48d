"""Lanescope's window: it shows what recordings hold and drives one session; it starts no threads.

    app → main_window → panels, timeline → state, theme

Panels never import panels: they meet through the observable objects in `state`. `frame_clock` is the only timer that
takes in data and paints; `session_bridge` is the only owner of a session and its reader.
"""
