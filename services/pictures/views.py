"""Gives out pictures: from the disk, and at addresses that never end."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from services.models.picture import WIDTHS
from services.pictures.addresses import URL_LIFETIME
from services.pictures.public import public_pictures
from services.pictures.storage import SIGNATURE_PARAMETER, signature_is_valid

# A redirect that somebody kept still leads to an address that is good: those are good for three hours at least.
PERMANENT_MAX_AGE = 60 * 60


@login_not_required
@require_safe
def permanent(_request: HttpRequest, pk: UUID, width: int) -> HttpResponseBase:
    """Redirect to where a public picture lies just now; a picture that is not, or no longer, public is not found.

    For search engines and mail, which come back after days: a signed address would have ended.
    """
    if width not in WIDTHS:
        raise Http404
    response = HttpResponseRedirect(get_object_or_404(public_pictures(), pk=pk).url(width))
    patch_cache_control(response, public=True, max_age=PERMANENT_MAX_AGE)
    return response


@login_not_required
@require_safe
def media(request: HttpRequest, key: str) -> HttpResponseBase:
    """Answer with the picture ``key`` when the signature of its address is good; else as if there were none.

    A key's file never changes, so the key itself is the entity tag.
    """
    if not signature_is_valid(key, request.GET.get(SIGNATURE_PARAMETER, "")):
        raise Http404
    etag = quote_etag(key)
    response = get_conditional_response(request, etag=etag) or _file(key)
    response.headers["ETag"] = etag
    response.headers["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, max_age=int(URL_LIFETIME.total_seconds()), immutable=True)
    return response


def _file(key: str) -> FileResponse:
    try:
        return FileResponse(default_storage.open(key), content_type="image/webp")
    except (OSError, SuspiciousFileOperation) as error:
        raise Http404 from error
