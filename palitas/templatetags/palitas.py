"""What templates of every room need: prices, towns, people and the same page in the other language."""

from django import template
from django.template import Context, RequestContext
from django.urls import translate_url
from django.utils.translation import gettext as _

from accounts.models import User
from palitas import low_data as few_data
from palitas import offline
from services.models import Listing

register = template.Library()

AVATAR_HUES = 6
# What a browser calls itself in its User-Agent, and its name; the first found counts, as most of them name others too.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "CrOS": "Chromebook",
    "Linux": "Linux",
}


@register.filter
def device(user_agent: str) -> str:
    """Return what a User-Agent means to the person who was there: ``Chrome · Android``."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), _("Otro navegador"))
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return f"{browser} · {system}" if system else browser


@register.filter
def price(dollars: int) -> str:
    """Return whole dollars as they are written in Puerto Rico and in English alike: ``$1,500``."""
    return f"${dollars:,}"


@register.filter
def price_range(listing: Listing) -> str:
    """Return a listing's price as a person would say it: from, up to, between, or to be agreed."""
    low, high = listing.price_min, listing.price_max
    if low is None:
        return _("A convenir") if high is None else _("Hasta %(price)s") % {"price": price(high)}
    if high is None:
        return _("Desde %(price)s") % {"price": price(low)}
    return price(low) if low == high else f"{price(low)}–{price(high)}"


@register.filter
def town_names(listing: Listing, limit: int = 3) -> str:
    """Return the names of a listing's towns, at most ``limit`` of them and how many more; reads prefetched towns."""
    if listing.island_wide:
        return _("Toda la isla")
    names = [town.name for town in listing.towns.all()]
    if len(names) > limit:
        shown, more = ", ".join(names[:limit]), len(names) - limit
        return _("%(towns)s y %(more)s más") % {"towns": shown, "more": more}
    if len(names) > 1:
        return _("%(towns)s y %(last)s") % {"towns": ", ".join(names[:-1]), "last": names[-1]}
    return "".join(names)


@register.filter
def initials(user: User) -> str:
    """Return the one or two letters that stand for somebody without a picture."""
    return f"{user.first_name[:1]}{user.last_name[:1]}".upper()


@register.filter
def hue(user: User) -> int:
    """Return which of the avatar's colours is a person's own, always the same one."""
    return user.pk % AVATAR_HUES


@register.simple_tag(takes_context=True)
def low_data(context: Context) -> bool:
    """Return whether the reader wants few data; parts that are included with ``only`` may ask too."""
    request = getattr(context, "request", None)
    return request is not None and few_data.is_on(request)


@register.simple_tag(takes_context=True)
def shows_pictures(context: Context) -> bool:
    """Return whether this page has its pictures, or only leads to them."""
    request = getattr(context, "request", None)
    return request is None or few_data.shows_pictures(request)


@register.simple_tag(takes_context=True)
def person_mark(context: RequestContext) -> str:
    """Return the opaque name of the person who is logged in; parts that are included with ``only`` may ask too."""
    return offline.person_mark(context.request)


@register.simple_tag(takes_context=True)
def language_url(context: RequestContext, language: str, *, with_query: bool = False) -> str:
    """Return the path of this page in ``language``, with the search that is in the address if ``with_query``."""
    request = context["request"]
    return translate_url(request.get_full_path() if with_query else request.path, language)
