"""How a module can fail. None of these loses anything: what was to be sent waits in the outbox and is tried again.

The fact `detail` is for the administrator's page; the sentence is for anyone and names no technical cause.
"""

from __future__ import annotations

from referral_hub.errors import Unavailable


class ModuleFailure(Unavailable):
    """An infrastructure failure of one module. Details: `module` its key, `detail` what happened, without any value."""

    zh = "模块“{module}”暂时没有回应，系统会再试，转介不会丢失。"
    en = "The module “{module}” is not responding at present. The hub will try again; no referral is lost."


class ModuleStartFailed(ModuleFailure):
    """The worker could not be started, or the module could not be imported, or its hooks are not right."""

    zh = "模块“{module}”没能启动，系统会再试，转介不会丢失。"
    en = "The module “{module}” could not be started. The hub will try again; no referral is lost."


class ModuleAltered(ModuleFailure):
    """Its files are not those that were approved: nothing of it was run."""

    zh = "模块“{module}”的文件在核准以后被改动，没有启动它。转介不会丢失。"
    en = (
        "The files of the module “{module}” were changed after their approval. It was not started; no referral is lost."
    )


class ModuleTimedOut(ModuleFailure):
    """No reply in time. Whether the call had an effect is unknown, so it is repeated with the same id."""

    zh = "模块“{module}”没有按时回应，系统会再试，转介不会丢失。"
    en = "The module “{module}” did not answer in time. The hub will try again; no referral is lost."


class ModuleCrashed(ModuleFailure):
    """The worker ended during the call: a crash, a kill for using too much, or the module ending it."""

    zh = "模块“{module}”意外停止，系统会再试，转介不会丢失。"
    en = "The module “{module}” stopped unexpectedly. The hub will try again; no referral is lost."


class ModuleRaised(ModuleFailure):
    """The hook raised an exception (or called `sys.exit`). The worker goes on serving."""

    zh = "模块“{module}”处理时出错，系统会再试，转介不会丢失。"
    en = "The module “{module}” ran into an error. The hub will try again; no referral is lost."


class ModuleReplyInvalid(ModuleFailure):
    """The reply cannot be read, is too long, or breaks the module's own manifest. Nothing of it was written."""

    zh = "模块“{module}”的答复不合规定，没有采用，须由模块提供者改正。"
    en = (
        "The reply of the module “{module}” does not comply with the rules and was not used. Its provider has to "
        "fix it."
    )


class ModuleBusy(ModuleFailure):
    """Other calls to the module took all the time this call had. Not counted against the module."""

    zh = "模块“{module}”正忙，请稍后再试。"
    en = "The module “{module}” is busy. Please try again shortly."
