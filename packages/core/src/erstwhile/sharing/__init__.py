"""Several processes on one embedded store: one holds it, the others reach it over a local channel, and whoever is left goes on when it ends.

Nothing heavy is imported here; `opened.open_store` opens a store.
"""

from erstwhile.sharing.models import Linked, SharedEmbedder, shared_judge

__all__ = ["Linked", "SharedEmbedder", "shared_judge"]
