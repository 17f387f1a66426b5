"""The compatibility promise, with the names it is about."""

from __future__ import annotations

import inspect
import warnings

from tests.reference.text import first_paragraph, table

from referral_hub import api, testing

_PROMISE = """\
# Compatibility · 兼容承诺

A module that works today goes on working. This page says what you may rely on and for how long; a test holds the hub
to it (`tests/policy/test_public_api.py`).

## What is public

`referral_hub.api` and `referral_hub.testing`, by the names below, and the manifest `hub-module.toml`. Everything else
of the hub is private: a worker refuses to import it, and it changes without notice. The names are the same wherever
they are installed from; import them from these two places only. `referral_hub.testing` is for tests and is not there
in a worker.

This hub offers **api {version}**.

## What `api = "1.0"` means

* The **major** number has to be the hub's. It changes when something breaks, and only then.
* The **minor** number must not be above the hub's: it says what your module needs at least. It rises when something
  is added.
* There is no upper bound to set, and no list of hubs you were tested with. A module for 1.0 runs on every 1.x.
* A hub that does not fit says so on the module's page, before any of its code runs, and its history stays readable.

## Grow, don't break

Within a major number the hub only adds:

| May happen in any version | Never within a major number |
| --- | --- |
| a new name, a new optional hook | a public name goes, or means something else |
| a new field with a default | a field goes, changes its type or default, or is new and required |
| a new argument of a hook (name only those you want) | an argument goes, or another type of answer is expected |
| a new key of the manifest, with a default | a key goes, becomes required, or is read otherwise |
| a new code in a code set, a new field of a case | a code goes or means something else |
| a longer time limit, a larger size | a shorter or smaller one, unless an administrator sets it |
| a new *recommended* check | a new *required* check; a recommended one becomes required after one minor version |

Two things are changed at once, whatever this page says, because people are protected by them: a word that gives a
client away is added to the denied ones, and a hole through which a module reaches what it must not is closed. Both
stand in the change log.

## Deprecation

What will go one day is deprecated first. It works as before for **two more minor versions and at least six months**,
whichever is longer, and goes only with the next major number. Until then using it warns (`DeprecationWarning`, with
the name to use instead) in your tests, and the change log says so. A hub keeps the shims, so that you release when it
suits you.

Deprecated now: {deprecated}.

## Fields nobody knows

* **In values, both ways, they are ignored.** A newer hub may send you a field more than you know; the check
  `values_of_a_later_hub_are_understood` proves that your module does not mind. A field in your reply that the hub
  does not know is ignored: to use what is new, name the minor version that brought it.
* **In the manifest they are an error**, named with the key. There a misspelt key would otherwise be a promise
  nobody keeps. Names from a later api are not misspellings: then the hub asks for the api first, and says that it
  is too old.
* **Codes may grow.** Treat a code you do not know as "something else", never as an error: write `.get`, and let a
  person decide.

## What is kept of you

A manifest that was approved once is kept. Referrals, forms and outcomes are shown in the words of the version in use,
or of the one approved last when the package is gone. So keep the stages and forms you once had in the manifest: one
that your next version leaves out is shown by its key. A stage where referrals stand cannot be dropped at all.

## The public names

### referral_hub.api

{api}### referral_hub.testing

{testing}"""


_PLAIN = {
    "API_VERSION": "The interface this hub offers.",
    "CATEGORIES": "Every category of data.",
    "DENIED_WORDS": "Words that no text of a module may hold (R20).",
    "MANIFEST_NAME": "`hub-module.toml`.",
    "OPTIONAL_HOOKS": "Hooks a module may leave out.",
    "PROJECT": "The name under which hooks are marked.",
    "REQUIRED_HOOKS": "Hooks a module has to have.",
    "SENSITIVE_CATEGORIES": "Categories that a client ticks one by one.",
    "Settings": "The type of settings: a mapping from key to answer.",
    "hookimpl": "Marks a function as a hook.",
    "parse_manifest": "Read and check a manifest's text. Raises ManifestError with every problem found.",
    "CHECKS": "Everything that `ModuleContract` and `hub modules check` run.",
    "LEVELS": "What the levels of a check are called.",
}


def render() -> str:
    return _PROMISE.format(
        version=api.API_VERSION,
        deprecated="nothing",
        api=_names(api, api.__all__),
        testing=_names(testing, testing.__all__),
    )


def _names(module: object, names: list[str]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        things = {name: getattr(module, name) for name in names}
    own = {name: first_paragraph(thing.__doc__) for name, thing in things.items() if _speaks(thing)}
    return table(("Name", "What it is"), ((f"`{name}`", own.get(name) or _PLAIN[name]) for name in names))


def _speaks(thing: object) -> bool:
    """A plain value has only its type's docstring."""
    return inspect.isclass(thing) or inspect.isfunction(thing)
