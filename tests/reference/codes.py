"""Code sets, categories of data and the fields that may leave a case."""

from __future__ import annotations

from tests.reference.text import prose, table

from referral_hub import codes
from referral_hub.api import SENSITIVE_CATEGORIES, Label
from referral_hub.codes import case_fields as catalogue
from referral_hub.codes.declines import ASK_AGAIN_DAYS


def render() -> str:
    parts = [
        "# Codes · 代码表\n",
        prose(codes.__doc__) + "\n",
        "## Categories of data · 信息类别\n",
        "A consent ticks categories; sensitive ones are ticked one by one.\n",
        table(
            ("Category", "中文", "English", "Sensitive"),
            (
                (f"`{key}`", text.label.zh, text.label.en, "yes" if key in SENSITIVE_CATEGORIES else "no")
                for key, text in catalogue.CATEGORY_TEXTS.items()
            ),
        ),
        "## Fields of a case that may be released · 可提供的信息项\n",
        prose(catalogue.__doc__) + "\n",
        table(
            ("Field", "Category", "中文", "English"),
            ((f"`{k}`", f"`{f.category}`", f.label.zh, f.label.en) for k, f in catalogue.FIELDS.items()),
        ),
        "## Code sets · 代码\n",
    ]
    for name in codes.__all__:
        words = getattr(codes, name)
        if not isinstance(words, dict) or name == "FIELD_CODES":
            continue
        labels = {code: word if isinstance(word, Label) else word.label for code, word in words.items()}
        parts.append(f"### {name}\n")
        parts.append(table(("Code", "中文", "English"), ((f"`{c}`", w.zh, w.en) for c, w in labels.items())))
    parts.append("## What follows from a decline · 不受理之后\n")
    parts.append(
        "Left out: not searched for, drafted or sent to about the same client for "
        f"{ASK_AGAIN_DAYS} days, unless one of the reasons in the next column is given.\n"
    )
    parts.append(
        table(
            ("Reason", "Left out", "Asked again because", "Task of the recipient"),
            (
                (f"`{code}`", step.rests or "—", ", ".join(f"`{one}`" for one in step.asked_again) or "—", _task(step))
                for code, step in codes.DECLINE_NEXT_STEPS.items()
            ),
        )
    )
    return "\n".join(parts)


def _task(step: codes.NextStep) -> str:
    return f"`{step.recipient_task}`" if step.recipient_task else "—"
