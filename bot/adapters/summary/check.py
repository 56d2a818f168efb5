"""Whether a model's endpoint answers as it is configured: for `python -m bot check`.

One request, as small as one can be, of the kind that summaries are asked for with. What it costs
is not taken from the day's budget: a person asked for it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.adapters.summary.endpoint import Endpoint, ModelError
from bot.domain.models import Model

PATIENCE = timedelta(seconds=30)
"""How long the endpoint may take at most; less where the configuration allows it less."""

_ASKED = (
    {"role": "system", "content": 'Answer with this JSON and nothing else: {"sentences": []}'},
    {"role": "user", "content": '{"articles": []}'},
)
_WRONG: Mapping[str, tuple[str, str]] = {
    "unreachable": (
        "nothing answers at its address",
        "Check url of [model], and that the endpoint runs and can be reached from here",
    ),
    "late": (
        "it gives no answer in time",
        "A model that has to be loaded first is slow once: look again; else raise timeout of"
        " [model], or take a smaller model",
    ),
    "cut_off": ("it breaks the connection off", "Look into the endpoint's log"),
    "too_long": ("what it answers has no end", "Check url of [model]: it is another service's"),
    "not_an_answer": (
        "what it answers is no chat completion",
        "Check url of [model]: it is the base of an OpenAI-compatible API, such as"
        " http://127.0.0.1:11434/v1; a model that thinks first needs more answer_tokens",
    ),
    "status_401": ("it does not take the key", "Check MODEL_API_KEY: the endpoint's own key"),
    "status_403": ("the key may not be used for it", "Check what the key of MODEL_API_KEY may do"),
    "status_404": (
        "nothing is at its address",
        "Check url of [model]: it ends before /chat/completions, and most often in /v1",
    ),
    "status_429": (
        "it takes no more requests for now",
        "Check the account's quota there; until it takes some, summaries are extractive",
    ),
}
_UNKNOWN_MODEL = ("it knows no model of that name", "Check name of [model]; for Ollama, pull it")
_NO_KEY = ("it wants a key", "Set MODEL_API_KEY to the endpoint's own key")
_REFUSED = (
    "it does not take the request",
    "If it names the bound of an answer otherwise, set answer_key of [model]; see the endpoint's"
    " log",
)


async def trouble(model: Model, key: str) -> tuple[str, str]:
    """Ask a model's endpoint once; return what is wrong and how to mend it, "" and "" for nothing.

    Args:
        model: As it is configured.
        key: What the endpoint takes; "": none.
    """
    bounded = replace(model, timeout=min(model.timeout, PATIENCE))
    async with Endpoint(bounded, key) as endpoint:
        try:
            await endpoint.ask(_ASKED)
        except ModelError as error:
            return _said(error, model, key)
    return "", ""


def _said(error: ModelError, model: Model, key: str) -> tuple[str, str]:
    if error.kind in ("status_400", "status_404") and _names(error.told, model.name):
        return _UNKNOWN_MODEL
    if error.kind == "status_401" and not key:
        return _NO_KEY
    if error.kind in _WRONG:
        return _WRONG[error.kind]
    if re.fullmatch("status_4..", error.kind):
        return f"{_REFUSED[0]} ({error.kind[-3:]})", _REFUSED[1]
    return f"it fails ({error.kind.replace('_', ' ')})", "Look again later; see the endpoint's log"


def _names(told: str, name: str) -> bool:
    """Tell whether a refusal is about the model, whichever of its two names it goes by."""
    return name in told or "model_not_found" in told
