"""How forms are drawn: one ``components/field.html`` for every field of the site."""

from django.forms.renderers import TemplatesSetting


class SiteFormRenderer(TemplatesSetting):
    """Renders fields with the site's label, help and error markup."""

    field_template_name = "components/field.html"
