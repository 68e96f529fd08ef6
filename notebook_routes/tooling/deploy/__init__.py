"""`notebook-routes build`: a project in the form that a platform takes it in. `targets.py` says which there are."""
