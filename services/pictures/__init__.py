"""Pictures: cleaning, storage, the forms that keep them, and the view that gives them out."""
