"""All checks, in the order in which they run; the kit's test class, the hub's own check and the reference use them.

One that fails on a module that passed before is a new demand: it comes as `recommended` first, for one minor version.
"""

from __future__ import annotations

from referral_hub.i18n import Label
from referral_hub.testing import news, promises, watched
from referral_hub.testing.check import LEVELS, Check, CheckFailed, make_check

__all__ = ["CHECKS", "LEVELS", "Check", "CheckFailed"]

CHECKS: tuple[Check, ...] = (
    make_check(
        "required",
        promises.settings_are_checked,
        title=Label(zh="设置能检查", en="Settings are checked"),
        protects=Label(
            zh="管理员：填错设置当场就能知道，不会启用以后才出错。",
            en="The administrator: a wrong setting is reported at once, not only after the module is enabled.",
        ),
        fix=Label(
            zh="hub_check_settings 对空的、不全的设置也要返回问题列表，不要抛出异常。用 .get() 读取设置。",
            en="Let hub_check_settings return problems for empty or half-filled settings too; read them with .get().",
        ),
    ),
    make_check(
        "required",
        promises.screening_is_the_same_each_time,
        title=Label(zh="同样的询问同样答复", en="Screening is the same each time"),
        protects=Label(
            zh="服务对象：能不能得到服务，不凭运气。",
            en="The client: access to the service does not depend on chance.",
        ),
        fix=Label(
            zh="hub_screen 只根据传入的内容判断：不用随机数、当前时间和全局变量；没有给的信息当作不知道。",
            en="Let hub_screen decide from its arguments alone: no random numbers, clock or globals; treat "
            "information that is not given as unknown.",
        ),
    ),
    make_check(
        "required",
        promises.receiving_twice_is_receiving_once,
        title=Label(zh="收到两次等于一次", en="Receiving twice equals receiving once"),
        protects=Label(
            zh="转介：超时后系统会用同一编号再送一次，不能变成两件。",
            en="The referral: after a time-out the hub sends it again under the same id, and it must not become two.",
        ),
        fix=Label(
            zh="按 referral.id 判断是否收过；决定只取决于传入的内容。对接外部系统时把编号一起送过去。",
            en="Recognise a referral by referral.id and decide from the arguments alone; pass the id on to an "
            "external system.",
        ),
    ),
    make_check(
        "required",
        promises.every_form_gets_a_valid_reply_the_same_each_time,
        title=Label(zh="每张表都有合规的答复", en="Every form gets a valid reply"),
        protects=Label(
            zh="填表的人：填好的表不会丢，重试不会多记一次服务。",
            en="The person who fills in a form: no form is lost, and a retry does not record a service twice.",
        ),
        fix=Label(
            zh="hub_apply 返回的阶段要在当前阶段的 next 里，单位、结果、提示要在清单里；没填的项目用 .get()。",
            en="Let hub_apply name a stage from `next` of the present one, and units, outcomes and flags of the "
            "manifest; read answers that may be missing with .get().",
        ),
    ),
    make_check(
        "required",
        promises.a_fresh_process_answers_the_same,
        title=Label(zh="换一个进程，答复一样", en="A new process gives the same reply"),
        protects=Label(
            zh="转介：进程会重启，也会换到别的机器上，办到哪一步都要接得上。",
            en="The referral: processes restart and move to other machines, and must be able to continue from any "
            "step.",
        ),
        fix=Label(
            zh="不用全局变量记事；要记住的放进 documents，系统下次会带来。集合（set）没有次序，要排序。",
            en="Keep no state in globals; put what must be remembered into documents, which come with the next "
            "call. Sets have no order: sort them.",
        ),
    ),
    make_check(
        "required",
        watched.only_declared_fields_are_read,
        title=Label(zh="只读声明过的信息", en="Only declared fields are read"),
        protects=Label(
            zh="服务对象：模块用到的每一项信息，都写在同意书里。",
            en="The client: every item a module uses is named in the consent.",
        ),
        fix=Label(
            zh="在清单的 fields 里写明这一项和用途；初步询问（hub_screen）要用的，加上 screening = true。或者不要读。",
            en="Declare the field in `fields` with its purpose, and `screening = true` for hub_screen; or do not "
            "read it.",
        ),
    ),
    make_check(
        "required",
        promises.withdrawal_is_acknowledged_and_erased,
        title=Label(zh="撤回同意就停止并删除", en="Withdrawal stops the service and erases the data"),
        protects=Label(
            zh="服务对象：撤回同意之后，机构那边不再留着信息。",
            en="The client: after a withdrawal the provider keeps no data.",
        ),
        fix=Label(
            zh="hub_withdraw 返回 Acknowledgement(deleted=True)，没有文档、再来一次也一样。"
            "外部系统没删完就抛出异常，系统会再试。",
            en="Let hub_withdraw return Acknowledgement(deleted=True), also without documents and when called "
            "again. If an external system has not finished deleting, raise an exception: the hub tries again.",
        ),
    ),
    make_check(
        "required",
        promises.a_referral_it_never_saw_can_be_withdrawn,
        title=Label(zh="没见过的转介也能撤回", en="An unknown referral can be withdrawn"),
        protects=Label(
            zh="服务对象：撤回比转介先到时，也不会卡住或者漏掉。",
            en="The client: a withdrawal that arrives before its referral is neither blocked nor lost.",
        ),
        fix=Label(
            zh="没有这件转介时照样返回 deleted=True；外部系统要记住这个编号，之后再到的转介不收。",
            en="Return deleted=True for an unknown referral; an external system should note the id and refuse that "
            "referral if it arrives later.",
        ),
    ),
    make_check(
        "required",
        promises.capacity_is_counted_in_the_declared_unit,
        title=Label(zh="名额按声明的单位计", en="Capacity is counted in the declared unit"),
        protects=Label(
            zh="社工：看到的空余名额可以相信。",
            en="The worker: the number of free places shown is reliable.",
        ),
        fix=Label(
            zh="Capacity 的单位与清单的 capacity 一致（places→place，fund→fen，open→open），"
            "数字不为负，空余不多于总数。",
            en="The unit of Capacity must match the manifest's capacity (places: place, fund: fen, open: open); no "
            "number may be negative, and free may not exceed total.",
        ),
    ),
    make_check(
        "required",
        promises.values_of_a_later_hub_are_understood,
        title=Label(zh="认得新版系统多给的内容", en="Additional values of a later hub are accepted"),
        protects=Label(
            zh="所有人：系统升级后，模块照常工作，不必同一天升级。",
            en="Everyone: the module keeps working when the hub is upgraded.",
        ),
        fix=Label(
            zh="不认识的设置、属性和字段直接略过，不要因为多了内容就拒绝或改变答复。",
            en="Ignore settings, attributes and fields you do not know; additional content must not cause a "
            "refusal or change the answer.",
        ),
    ),
    make_check(
        "required",
        watched.nothing_is_printed,
        title=Label(zh="不打印", en="Nothing is printed"),
        protects=Label(
            zh="服务对象：打印的内容会留在日志里，里面可能有个人信息。",
            en="The client: what is printed stays in a log, and may be personal data.",
        ),
        fix=Label(
            zh="删去 print；调试时用测试里的断言，或写到标准错误（sys.stderr）。",
            en="Remove print; for debugging, use assertions in tests or write to standard error (sys.stderr).",
        ),
    ),
    make_check(
        "required",
        watched.of_the_hub_only_the_public_names_are_imported,
        title=Label(zh="只导入公开的名称", en="Only public names of the hub are imported"),
        protects=Label(
            zh="作者自己：没有公开的部分随时会变；在工作进程里也导入不了。",
            en="The author: non-public names change without notice and cannot be imported in a worker process.",
        ),
        fix=Label(
            zh="只从 referral_hub.api 导入（测试里还可以用 referral_hub.testing）。缺什么请告诉我们。",
            en="Import only from referral_hub.api (in tests also from referral_hub.testing). If something is "
            "missing, tell us.",
        ),
    ),
    make_check(
        "required",
        news.the_cursor_goes_forward,
        title=Label(zh="消息的游标只往前走", en="The cursor of updates only moves forward"),
        protects=Label(
            zh="双方的系统：不会没完没了地重取旧消息，新消息也不会被挡住。",
            en="Both systems: old updates are not fetched again and again, and new ones are not blocked.",
        ),
        fix=Label(
            zh="有消息时返回比上次更靠后的 cursor；没有新消息时原样返回收到的 cursor。没有 hub_poll 的模块不用管。",
            en="Return a later cursor when there are updates, and the cursor received when there are none. Modules "
            "without hub_poll need nothing.",
        ),
    ),
    make_check(
        "required",
        news.the_same_cursor_brings_the_same_news,
        title=Label(zh="同一游标，同样的消息", en="The same cursor returns the same updates"),
        protects=Label(
            zh="记录：消息至少送到一次，重复的只算一次。",
            en="The entries: an update is delivered at least once, and duplicates count once.",
        ),
        fix=Label(
            zh="消息的编号由对方系统给定，不随机生成、不重复使用；问过的消息以后还能再问到。",
            en="Use the ids of the external system; do not generate them at random or reuse them. An update that "
            "was returned once must be available again.",
        ),
    ),
    make_check(
        "required",
        news.news_fits_the_manifest,
        title=Label(zh="消息合乎清单", en="Updates conform to the manifest"),
        protects=Label(
            zh="统计：外部系统来的结果与手工填写的一样可靠。",
            en="The statistics: outcomes from an external system are as reliable as those entered by hand.",
        ),
        fix=Label(
            zh="把对方系统的状态和代码换成清单里的阶段、单位、结果；不受理要有原因代码；"
            "不认识的消息返回不带内容的 Update。",
            en="Translate the external system's states and codes into stages, units and outcomes of the manifest; "
            "give a reason code with a decline; return an empty Update for unknown messages.",
        ),
    ),
    make_check(
        "recommended",
        watched.every_stage_can_be_reached,
        title=Label(zh="每个阶段都能走到", en="Every stage can be reached"),
        protects=Label(
            zh="机构：不会有办不下去、结束不了的转介。",
            en="The provider: no referral is left where no form leads further.",
        ),
        fix=Label(
            zh="给通向这个阶段的表格补上规则；示例答案无法到达（例如要求特定数字）时，自己写一个测试来证明。",
            en="Add a rule to the form that leads to this stage. If example answers cannot reach it (for example, "
            "a certain number is required), show it in a test of your own.",
        ),
    ),
    make_check(
        "recommended",
        watched.replies_come_well_within_the_time_limit,
        title=Label(zh="答复够快", en="Replies are fast enough"),
        protects=Label(
            zh="社工：页面不会一直等；机器忙的时候也不会超时。",
            en="The worker: pages do not keep waiting, and a busy machine does not cause a time-out.",
        ),
        fix=Label(
            zh="减少计算和网络请求；网络请求自己设时限；慢的事留给对方系统，用 hub_poll 取结果。",
            en="Reduce computation and network requests, set your own time limit for requests, and leave slow work "
            "to the external system, fetching results with hub_poll.",
        ),
    ),
)
