"""Lanescope's engine: everything but the window; no Qt anywhere.

    tracer      runs inside the traced process; standard library only, imports nothing but itself
    tasks ← backends ← scenarios      run in the traced process too; standard library only
    recording ← model ← analysis ← recorder ← session      each may use what stands to its left
    interpreters                      which Pythons there are and what each can do

The window (`gui`) and the command line (`main.py`) build on session, recording, model, analysis, scenarios and
interpreters.
"""
