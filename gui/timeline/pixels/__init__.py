"""Lanes as pixels: what their rows show in columns of time, made in pieces and kept while the view moves."""
