"""What can go wrong at the door."""

from __future__ import annotations

from referral_hub.errors import HubError


class NotSignedIn(HubError):
    status = 401
    zh = "请先登录。"
    en = "Please sign in first."


class PasswordNotChosen(HubError):
    """The password was set by an administrator and must be replaced first."""

    status = 403
    zh = "请先换成您自己的密码。"
    en = "Please choose your own password first."


class SignInRefused(HubError):
    """One sentence for every cause, so that nobody can find out by trying which accounts exist or are locked."""

    status = 422
    zh = (
        "账号或密码不对，或者该账号已暂停登录。请核对后再试；连续输错 {tries} 次会暂停 {minutes} 分钟，到时自动恢复。"
        "忘记密码请联系本单位管理员重设。"
    )
    en = (
        "The account or password is wrong, or sign-in is suspended for this account. Check both and try again; "
        "{tries} failed attempts in a row lock an account for {minutes} minutes, after which it unlocks "
        "automatically. If you forgot the password, ask your organisation's administrator to reset it."
    )


class CodeWrong(HubError):
    status = 422
    zh = "验证码不对或已过期。请打开手机上的验证器，输入现在显示的 6 位数字。"
    en = "The code is wrong or has expired. Open the authenticator on your phone and type the 6 digits it shows now."


class StepExpired(HubError):
    status = 422
    zh = "等待时间太长，请重新输入账号和密码。"
    en = "That took too long. Please type the account and password again."


class PasswordWeak(HubError):
    """Details: `minimum`, in characters."""

    status = 422
    zh = "新密码太容易猜到。请至少用 {minimum} 个字符，不要包含账号名，也不要用重复或连续的字符；可以用几个词连成一句。"
    en = (
        "The new password is too easy to guess. Use at least {minimum} characters, without the account name and "
        "without repeated or consecutive characters; several words together work well."
    )


class PasswordWrong(HubError):
    status = 422
    zh = "当前密码不对。请重新输入您现在使用的密码。"
    en = "The current password is wrong. Type the password you use now."


class PasswordsDiffer(HubError):
    status = 422
    zh = "两次输入的新密码不一样，请重新输入。"
    en = "The two new passwords do not match. Type them again."


class LoginTaken(HubError):
    """Details: `login`."""

    status = 409
    zh = "账号名“{login}”已被使用，请换一个。"
    en = "The account name “{login}” is taken. Choose another."


class LoginUnusable(HubError):
    status = 422
    zh = "账号名请用 3 到 40 个小写字母、数字、点或短横线，以字母开头。"
    en = "An account name has 3 to 40 lower-case letters, digits, dots or hyphens, and begins with a letter."


class TokenTooNarrow(HubError):
    """Details: `needed`, the scope the request demands."""

    status = 403
    zh = "这个访问令牌没有“{needed}”权限。"
    en = "This access token does not have the “{needed}” scope."
