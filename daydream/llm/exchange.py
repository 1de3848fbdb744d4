"""One HTTP exchange with an endpoint: limited in time and size, and every failure a ``Fault``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from daydream.experiment.endpoint import Endpoint
from daydream.llm.faults import Fault
from daydream.llm.key import without_key
from daydream.llm.rate_limit_headers import exhausted_for, retry_after
from daydream.llm.response import refused
from daydream.llm.time_limit import within

MAX_ANSWER_BYTES = 64 * 1024**2
MAX_FILE_BYTES = 2 * 1024**3  # of a batch of 50,000 long answers
MAX_ERROR_BYTES = 1024**2  # of an error, so much is read


@contextmanager
def exchange(endpoint: Endpoint, seconds: float) -> Iterator[None]:
    """Speak to an endpoint meanwhile, in this thread, for at most some seconds.

    Raises:
        Fault: for all that can go wrong on the way, without the endpoint's key.
    """
    import openai

    try:
        with within(seconds):
            yield
    except Fault as fault:
        fault.message = without_key(fault.message, endpoint)
        fault.raw = without_key(fault.raw, endpoint)
        raise
    except (openai.APITimeoutError, TimeoutError) as error:
        raise _timeout(seconds) from error
    except openai.APIConnectionError as error:
        cause = error.__cause__ or error
        if isinstance(cause, TimeoutError):
            raise _timeout(seconds) from error
        message = without_key(str(cause), endpoint)
        raise Fault("connection", message, is_retryable=True) from error
    except (UnicodeError, TypeError, AttributeError):
        raise  # of ours: the request could not be written
    except Exception as error:  # of the HTTP library that openai uses, which is not ours to name
        if "Timeout" in type(error).__name__:
            raise _timeout(seconds) from error
        message = without_key(f"{type(error).__name__}: {error}", endpoint)
        raise Fault("connection", message, is_retryable=True) from error


def _timeout(seconds: float) -> Fault:
    return Fault("timeout", f"no answer within {seconds:g} s", is_retryable=True)


def read_body(chunks: Iterable[bytes], max_bytes: int = MAX_ANSWER_BYTES) -> str:
    """The whole body of a response.

    Raises:
        Fault: when it is larger than may be.
    """
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            message = f"the response is larger than {max_bytes // 1024**2} MB"
            raise Fault("too_large", message, is_retryable=False)
    return body.decode("utf-8", "replace")


def check_status(response: Any) -> None:
    """Do nothing with a success; a hook that sees a response before its body is read.

    Raises:
        Fault: of any other status, with what could be read of its body.
    """
    status = response.status_code
    if status < 300:
        return
    text, trouble = _error_text(response)
    headers = response.headers
    if status < 400:
        target = headers.get("location", "nowhere")[:200]
        message = f"it redirects to {target}, and a prompt goes to no other address"
        raise Fault("redirect", message, is_retryable=False, status=status)
    fault = refused(status, text, trouble, retry_after(headers))
    fault.exhausted_for = exhausted_for(headers)
    raise fault


def _error_text(response: Any) -> tuple[str, str]:
    """What could be read of an error's body, and what kept the rest from being read."""
    body, trouble = bytearray(), ""
    try:
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_ERROR_BYTES:
                break
    except Exception as error:  # broken chunks, gzip or connection, or the time is up
        trouble = f" (its body broke off: {type(error).__name__})"
    return body.decode("utf-8", "replace"), trouble
