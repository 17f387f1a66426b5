"""Codes of what is delivered and paid: units, assistance, funds."""

from __future__ import annotations

from referral_hub.codes.sets import make_codes

# Never added across one another (R36).
UNITS = make_codes(
    person=("人", "persons"),
    attendance=("人次", "attendances"),
    household=("户", "households"),
    household_time=("户次", "household-times"),
    yuan=("元", "yuan"),
    class_hour=("课时", "class hours"),
    time=("次", "times"),
    session=("场次", "sessions"),
    bed_night=("床日", "bed nights"),
    meal=("餐", "meals"),
    item=("件", "items"),
    set=("份", "parcels"),
    month=("个月", "months"),
    day=("天", "days"),
)

ASSISTANCE_TYPES = make_codes(
    subsistence=("最低生活保障", "Subsistence allowance"),
    near_threshold=("低保边缘专项", "Near-threshold household aid"),
    destitute=("特困人员供养", "Support for the destitute"),
    heavy_spending=("刚性支出困难家庭救助", "Aid for unavoidable heavy spending"),
    temporary_emergency=("临时救助（急难型）", "Temporary assistance (emergency)"),
    temporary_expenditure=("临时救助（支出型）", "Temporary assistance (expenditure)"),
    medical=("医疗救助", "Medical assistance"),
    education=("教育救助", "Education assistance"),
    housing=("住房救助", "Housing assistance"),
    employment=("就业救助", "Employment assistance"),
    charity=("慈善或实物救助", "Charity or aid in kind"),
    other=("其他", "Other"),
)

FUND_SOURCES = make_codes(
    treasury=("财政资金", "Treasury"),
    petty=("备用金", "Petty aid fund"),
    employment_subsidy=("就业补贴资金", "Employment subsidy fund"),
    contract=("购买服务资金", "Service contract"),
    charity=("慈善资金", "Charity"),
    other=("其他", "Other"),
)

HARDSHIPS = make_codes(
    illness=("本人或家人患病", "Illness of the person or a relative"),
    accident=("意外事故", "Accident"),
    disaster=("灾害", "Disaster"),
    job_loss=("失去工作", "Loss of work"),
    no_income=("暂无收入来源", "No income at present"),
    no_home=("暂无住处", "No home at present"),
    school_costs=("就学支出", "Cost of schooling"),
    family_change=("家庭变故", "Change in the family"),
    other=("其他困难", "Other hardship"),
)

PAY_WAYS = make_codes(
    bank=("银行转账", "Bank transfer"),
    cash=("现金", "Cash"),
    goods=("实物", "Goods"),
    voucher=("代金券", "Voucher"),
    third_party=("直接付给第三方", "Paid to a third party"),
)

REFUSAL_REASONS = make_codes(
    over_threshold=("收入或财产超过标准", "Income or property above the standard"),
    not_responsible=("不属本地受理", "Outside local responsibility"),
    already_aided=("同期已有同类救助", "Same kind of assistance already in force"),
    papers_missing=("材料未补齐", "Documents incomplete"),
    check_refused=("未同意核对", "Means check refused"),
    other=("其他", "Other"),
)

ASSISTANCE_DECISIONS = make_codes(
    application=("申请", "Application"),
    granted=("批准", "Granted"),
    refused=("不予救助", "Refused"),
    withdrawn=("撤回申请", "Withdrawn"),
    payment=("发放", "Payment"),
    correction=("更正", "Correction"),
)
