from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("notices", "0001_initial")]

    operations = [
        migrations.RemoveField(model_name="outboxmail", name="recipients"),
        migrations.AddField(
            model_name="outboxmail",
            name="recipient",
            field=models.CharField(default="", max_length=320, verbose_name="destinatario"),
            preserve_default=False,
        ),
    ]
