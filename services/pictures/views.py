"""Gives out pictures from the disk."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from services.pictures.storage import SIGNATURE_PARAMETER, URL_LIFETIME, signature_is_valid


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
