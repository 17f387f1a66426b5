"""Which service modules are installed here, and how well this machine confines them."""

from __future__ import annotations

from collections.abc import Iterator

from referral_hub.health.finding import Finding
from referral_hub.i18n import Label, untranslated
from referral_hub.isolation.confine import attainable_level
from referral_hub.registry.registry import ModuleRegistry
from referral_hub.settings import Settings


def modules(settings: Settings) -> Iterator[Finding]:
    registry = ModuleRegistry.from_settings(settings)
    modules = registry.modules()
    if not modules:
        found = Label(zh="一个也没有", en="none")
        fix = Label(
            zh="安装服务模块；若设置了 HUB_SAFE_MODE，请去掉",
            en="Install a service module; unset HUB_SAFE_MODE if it is set",
        )
        yield Finding(Label(zh="服务模块", en="Service modules"), "warning", found, fix)
    for module in modules:
        subject = Label(zh=f"模块 {module.key}", en=f"Module {module.key}")
        if module.manifest is None or module.state != "discovered":
            reason = module.reason or untranslated(module.state)
            yield Finding(subject, "wrong", reason, module.action)
            continue
        confined = attainable_level(network=bool(module.manifest.network)) == "confined"
        yield Finding(
            subject,
            "ok" if confined else "warning",
            Label(
                zh=f"{module.version}，{'受限进程' if confined else '独立进程'}",
                en=f"{module.version}, {'confined' if confined else 'a process of its own'}",
            ),
            None
            if confined
            else Label(
                zh="本系统不能完全限制模块，只安装可信的模块；Linux 5.13 以上（联网模块 6.7 以上）可以",
                en="This system cannot fully confine modules, so install only modules you trust; Linux 5.13 or "
                "later can (6.7 with network access)",
            ),
        )
