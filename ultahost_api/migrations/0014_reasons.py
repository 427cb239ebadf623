"""Sentences that stood in rows become reasons."""

import re
from typing import Any

from django.db import migrations, models

# What earlier versions wrote, or how it began.
_SENTENCES = {
    "The same is under way already, and its outcome is open.": "twin",
    "The same was sent before and never seen to take effect. Do this one by itself.": "repetition",
    "The same was under way a moment ago.": "just_begun",
    "The same was done a moment ago.": "just_done",
    "A cancellation is requested already.": "cancellation",
    "Not attempted: the outcome of one before it was unknown.": "after_unknown",
    "It waited for its turn for ten minutes, and was not sent.": "waited",
    "The rate limit is used up.": "limited",
    "Another call finds out the rate limit.": "limited",
    "The key cannot act any more.": "key_unusable",
    "The API key was disabled, removed or replaced.": "key_stopped",
    "This key cannot be opened": "key_unreadable",
    "Whoever confirmed it may not do this any more.": "not_allowed",
    "The total that Ultahost asks for could not be read.": "no_total",
    "Ultahost asks for no money with this invoice.": "nothing_to_pay",
    "Ultahost says that this quote is accepted already.": "quote_accepted",
    "The total of this quote could not be read.": "no_quote_total",
}
_PATTERNS = {
    r"Ultahost now asks for (?P<total>\S+) and not (?P<agreed>\S+): refresh, and look again\.": "other_total",
    r"Ultahost says that this invoice is (?P<status>.*)\.": "invoice_status",
}
_OTHER_ACCOUNT = "This key opens another account than it did."
_DIED = "The workers that tried this died."


def give_reasons(apps: Any, schema_editor: Any) -> None:
    operations = apps.get_model("ultahost_api", "Operation").objects.filter(
        state__in=["queued", "not_sent"], status=None
    )
    for sentence, reason in _SENTENCES.items():
        operations.filter(message__startswith=sentence).update(reason=reason, message="")
    for operation in operations.filter(message__startswith="Ultahost "):
        for pattern, reason in _PATTERNS.items():
            if found := re.fullmatch(pattern, operation.message):
                before = operation.before | found.groupdict()
                operations.filter(pk=operation.pk).update(reason=reason, message="", before=before)
    apps.get_model("ultahost_api", "ApiKey").objects.exclude(disabled_because="").update(
        disabled_because="other_account"
    )
    apps.get_model("ultahost_api", "Refresh").objects.filter(trouble_words=_DIED).update(
        trouble="died", trouble_words=""
    )


def write_sentences(apps: Any, schema_editor: Any) -> None:
    operations = apps.get_model("ultahost_api", "Operation").objects
    for sentence, reason in _SENTENCES.items():
        operations.filter(reason=reason).update(message=sentence)
    for pattern, reason in _PATTERNS.items():
        template = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"%(\1)s", pattern).replace("\\.", ".")
        for operation in operations.filter(reason=reason):
            operations.filter(pk=operation.pk).update(message=template % operation.before)
    apps.get_model("ultahost_api", "ApiKey").objects.exclude(disabled_because="").update(
        disabled_because=_OTHER_ACCOUNT
    )
    apps.get_model("ultahost_api", "Refresh").objects.filter(trouble="died").update(
        trouble="odd", trouble_words=_DIED
    )


class Migration(migrations.Migration):
    dependencies = [
        ("ultahost_api", "0013_folded"),
    ]

    operations = [
        migrations.AddField(
            model_name="operation",
            name="reason",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                choices=[
                    ("twin", "An identical request is in progress."),
                    ("repetition", "An identical request was sent earlier; its result is unknown."),
                    ("just_begun", "An identical request was in progress a moment ago."),
                    ("just_done", "An identical request was done a moment ago."),
                    ("cancellation", "A cancellation has already been requested."),
                    ("after_unknown", "The result of one before it is unknown."),
                    ("waited", "It was queued for too long."),
                    ("limited", "The rate limit is used up."),
                    ("key_unusable", "The key no longer works."),
                    ("key_stopped", "The key was disabled, removed or replaced."),
                    ("key_unreadable", "The key cannot be decrypted with the sealing keys."),
                    ("not_allowed", "Its sender no longer has permission."),
                    ("other_total", "The total has changed."),
                    ("no_total", "The total of the invoice cannot be read."),
                    ("nothing_to_pay", "There is nothing to pay on the invoice."),
                    ("invoice_status", "The status of the invoice has changed."),
                    ("quote_accepted", "The quote is already accepted."),
                    ("no_quote_total", "The total of the quote cannot be read."),
                ],
                max_length=14,
            ),
        ),
        migrations.AlterField(
            model_name="refresh",
            name="trouble",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("limited", "Waiting for the rate limit"),
                    ("unreachable", "Ultahost does not answer"),
                    ("refused", "Ultahost refuses this"),
                    ("odd", "Ultahost's answer cannot be read"),
                    ("died", "The workers that tried this stopped unexpectedly"),
                    ("no_key", "No key can read this account"),
                ],
                default="",
                max_length=12,
            ),
        ),
        migrations.RunPython(give_reasons, write_sentences),
        migrations.AlterField(
            model_name="apikey",
            name="disabled_because",
            field=models.CharField(
                blank=True,
                choices=[("other_account", "It now opens a different account.")],
                max_length=14,
            ),
        ),
    ]
