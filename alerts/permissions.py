"""Who may do what with a saved search. The matching set is ``SavedSearch.objects.of``."""

from typing import TYPE_CHECKING

import rules

from accounts.permissions import Visitor, is_member

if TYPE_CHECKING:
    from alerts.models import SavedSearch


@rules.predicate
def is_searcher(user: Visitor, search: "SavedSearch | None") -> bool:
    """The person who saved a search."""
    return search is not None and user.is_authenticated and search.user_id == user.pk


rules.add_perm("alerts.view_savedsearch", is_searcher)
rules.add_perm("alerts.add_savedsearch", is_member)
rules.add_perm("alerts.change_savedsearch", is_searcher & is_member)
