"""What accounts can do, without HTTP: typed values in, typed values or typed errors out.

One file per subject. Services ask the vault and say what its answers mean; they leave pages,
cookies and status codes to the views, and the order of steps to the flow.
"""
