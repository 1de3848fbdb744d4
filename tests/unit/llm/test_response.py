"""What an endpoint sends back becomes an answer, or a fault that says if asking again helps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.llm.faults import Fault, status_fault
from daydream.llm.response import Answer, read_answer
from daydream.llm.usage import read_usage
from daydream.parsers import known_tags


def body(message: Any = None, **fields: Any) -> str:
    choice = {"message": message, "finish_reason": fields.pop("finish_reason", "stop")}
    return json.dumps({"id": "r1", "model": "lab/m-2", "choices": [choice]} | fields)


def answer(content: Any = "Hello.", **message: Any) -> Answer:
    return read_answer(body({"role": "assistant", "content": content, **message}))


def fault(text: str) -> Fault:
    with pytest.raises(Fault) as caught:
        read_answer(text)
    return caught.value


def test_text_finish_reason_model_and_id_are_read() -> None:
    assert answer("Hello.\n") == Answer("Hello.\n", None, "stop", "lab/m-2", "r1")


def test_who_answered_behind_a_router_and_on_which_backend_is_read() -> None:
    found = read_answer(body({"content": "x"}, provider="DeepInfra", system_fingerprint="fp_1"))
    assert (found.provider, found.system_fingerprint) == ("DeepInfra", "fp_1")
    odd = read_answer(body({"content": "x"}, provider={"name": "x"}, system_fingerprint=None))
    assert (odd.provider, odd.system_fingerprint) == (None, None)


def test_text_is_kept_as_it_is() -> None:
    assert answer("  one\r\n\ttwo \n\n").text == "  one\r\n\ttwo \n\n"


@settings(deadline=None)
@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=40))
def test_any_text_that_is_not_blank_is_an_answer(text: str) -> None:
    if text.strip() and "<think>" not in text:
        assert answer(text).text == text


def test_an_answer_that_was_cut_off_is_an_answer_all_the_same() -> None:
    found = read_answer(body({"content": "One and"}, finish_reason="length"))
    assert (found.text, found.finish_reason) == ("One and", "length")


# Answers in parts, and reasoning


def test_content_in_parts_is_joined() -> None:
    parts = [{"type": "text", "text": "One, "}, {"type": "image"}, {"type": "text", "text": "two"}]
    assert answer(parts).text == "One, two"


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_is_kept_apart(field: str) -> None:
    found = answer("7", **{field: "I think."})
    assert (found.text, found.reasoning) == ("7", "I think.")


def test_a_thought_in_tags_is_split_off() -> None:
    found = answer("<think>\nSCORE: 2?\nno\n</think>\n\nSCORE: 7")
    assert found.text == "SCORE: 7"
    assert found.reasoning == "SCORE: 2?\nno"


def test_a_thought_in_parts_is_split_off() -> None:
    found = answer([{"text": "<think>a</think>"}, {"text": "b"}])
    assert (found.text, found.reasoning) == ("b", "a")


def test_of_a_reasoning_field_and_a_thought_in_tags_nothing_is_lost() -> None:
    found = answer("<think>tag</think>b", reasoning="field")
    assert (found.text, found.reasoning) == ("b", "field\n\ntag")
    found = answer("<think>same</think>b", reasoning="same\n")
    assert (found.text, found.reasoning) == ("b", "same")


@pytest.mark.parametrize(
    ("content", "reasoning"),
    [
        ("[THINK]a[/THINK]\nSCORE: 7", "a"),
        ("<THINK>a</THINK>SCORE: 7", "a"),
        ("<thinking>a</thinking>\n\nSCORE: 7", "a"),
        ("<think>a</think>\n<think>b</think>\nSCORE: 7", "a\n\nb"),
        (
            "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>"
            "SCORE: 7<|return|>",
            "a",
        ),
    ],
)
def test_a_thought_is_split_off_under_any_known_tags(content: str, reasoning: str) -> None:
    found = answer(content)
    assert (found.text, found.reasoning) == ("SCORE: 7", reasoning)


def test_a_second_block_is_split_off_wherever_it_stands() -> None:
    found = answer("<think>a</think>One. <think>b</think>Two.")
    assert (found.text, found.reasoning) == ("One. Two.", "a\n\nb")


def test_a_literal_closing_tag_costs_no_text_when_the_reasoning_has_its_own_field() -> None:
    text = "The tag </think> ends a thought."
    found = answer(text, reasoning_content="I think.")
    assert (found.text, found.reasoning) == (text, "I think.")


def test_a_block_that_is_never_closed_stays_for_the_parsers() -> None:
    found = answer("<think>a\n<essay>b</essay>")
    assert (found.text, found.reasoning) == ("<think>a\n<essay>b</essay>", None)


def test_tags_can_be_named_or_left_alone() -> None:
    content = body({"content": "<plan>a</plan>b <think>c</think>"})
    assert read_answer(content, known_tags("<plan>")).text == "b "
    assert read_answer(content, known_tags("none")).text == "<plan>a</plan>b <think>c</think>"


# Nothing that could be used


@pytest.mark.parametrize(
    "message",
    [
        None,
        {},
        {"content": None},
        {"content": ""},
        {"content": " \n\t"},
        {"content": []},
        {"content": [{"type": "image"}]},
    ],
)
def test_an_answer_without_text_is_worth_another_try(message: Any) -> None:
    found = fault(body(message))
    assert (found.kind, found.is_retryable) == ("empty_answer", True)


@pytest.mark.parametrize(
    "message",
    [
        {"content": "<think>only thoughts</think>\n"},
        {"content": None, "reasoning": "only thoughts"},
    ],
)
def test_thinking_without_an_answer_is_kept_and_not_worth_another_try(message: Any) -> None:
    found = read_answer(body(message))
    assert (found.text, found.reasoning) == ("", "only thoughts")


@pytest.mark.parametrize(
    "message", [{"content": None, "reasoning": "hm"}, {"content": "<think>a</think>"}]
)
def test_an_answer_cut_off_before_its_text_is_kept_as_the_truncated_answer_it_is(
    message: Any,
) -> None:
    found = read_answer(body(message, finish_reason="length"))
    assert (found.text, found.finish_reason) == ("", "length")
    assert found.reasoning


def test_a_content_filter_is_final_and_told() -> None:
    found = fault(body({"content": None, "refusal": "No."}, finish_reason="content_filter"))
    assert (found.kind, found.is_retryable, found.message) == ("content_filter", False, "No.")
    found = fault(body({"content": "As far as"}, finish_reason="content_filter"))
    assert found.kind == "content_filter"
    assert "filter" in fault(body({"content": None}, finish_reason="content_filter")).message


@pytest.mark.parametrize("message", ["x", 7, [None], {"content": 7}, {"content": {"text": "x"}}])
def test_a_message_of_an_unknown_form_is_an_answer_or_a_fault(message: Any) -> None:
    try:
        assert read_answer(body(message)).text.strip()
    except Fault as problem:
        assert problem.kind


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_body_is_worth_another_try(text: str) -> None:
    assert (fault(text).kind, fault(text).is_retryable) == ("empty_body", True)


@pytest.mark.parametrize("text", ["<html>502 Bad Gateway</html>", "[1]", "null", '"x"', '{"id":'])
def test_what_is_no_json_object_is_quoted_and_worth_another_try(text: str) -> None:
    found = fault(text)
    assert (found.kind, found.is_retryable) == ("not_json", True)
    assert text[:10] in found.message


@pytest.mark.parametrize("choices", [None, [], "x", [None], ["x"]])
def test_a_body_without_choices_is_worth_another_try(choices: Any) -> None:
    found = fault(json.dumps({"id": "x", "choices": choices}))
    assert (found.kind, found.is_retryable) == ("empty_answer", True)


# Failures in a 200 response


@pytest.mark.parametrize(
    ("error", "kind", "is_retryable"),
    [
        ({"code": 502, "message": "bad gateway"}, "http_502", True),
        ({"code": 429, "message": "slow down"}, "http_429", True),
        ({"code": "429", "message": "slow down"}, "http_429", True),
        ({"code": 402, "message": "no credits"}, "http_402", False),
        ({"code": 400, "message": "bad"}, "http_400", False),
        ({"code": None, "message": "hm"}, "http_500", True),
        ({"code": "server_error", "message": "hm"}, "http_500", True),
        ({"message": "hm"}, "http_500", True),
        ("it broke", "http_500", True),
    ],
)
def test_an_error_with_status_200_is_a_fault(error: Any, kind: str, is_retryable: bool) -> None:
    found = fault(json.dumps({"error": error}))
    assert (found.kind, found.is_retryable) == (kind, is_retryable)
    assert found.message == (error if isinstance(error, str) else error["message"])


def test_an_error_wins_over_the_half_answer_that_came_with_it() -> None:
    text = body({"content": "One and"}, error={"code": 502, "message": "lost"})
    found = fault(text)
    assert found.kind == "http_502" and "One and" in found.as_json()["body"]


def test_a_text_that_a_filter_stopped_is_kept_and_told_in_part() -> None:
    found = fault(body({"content": "One and\n" * 10_000}, finish_reason="content_filter"))
    assert found.message.startswith("One and One") and len(found.message) < 1100
    assert found.as_json()["body"].count("One and") > 5_000


def test_an_error_inside_a_choice_is_a_fault() -> None:
    """OpenRouter tells a provider's failure in the middle of an answer this way."""
    choice = {
        "message": {"content": "One and"},
        "finish_reason": "error",
        "error": {"code": 502, "message": "provider lost"},
    }
    assert "provider lost" in fault(json.dumps({"choices": [choice]})).message


def test_half_an_answer_that_ended_in_an_error_is_no_answer() -> None:
    fault(body({"content": "One and"}, finish_reason="error"))


def test_no_error_is_no_error() -> None:
    for nothing in (None, {}, ""):
        assert read_answer(body({"content": "x"}, error=nothing)).text == "x"


@pytest.mark.parametrize(
    ("status", "is_retryable"),
    [
        *((status, False) for status in (400, 401, 402, 403, 404, 422)),
        *((status, True) for status in (408, 409, 429, 500, 502, 503, 529)),
    ],
)
def test_a_status_says_whether_asking_again_can_help(status: int, is_retryable: bool) -> None:
    found = status_fault(status, "why", 3.0)
    assert (found.kind, found.is_retryable, found.retry_after) == (
        f"http_{status}",
        is_retryable,
        3.0,
    )
    told = found.as_json()
    assert (told["kind"], told["message"], told["status"]) == (f"http_{status}", "why", status)


# Usage and cost


def test_usage_with_its_details_and_the_cost_are_read() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 20},
        "cost": 0.0021,
    }
    found = read_answer(body({"content": "x"}, usage=usage))
    assert found.usage == {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "cached_tokens": 64,
        "reasoning_tokens": 20,
    }
    assert found.billed_usd == 0.0021


def test_usage_that_was_not_given_is_not_made_up() -> None:
    assert read_usage({}) == {}
    assert read_usage({"prompt_tokens": None, "prompt_tokens_details": None}) == {}
    found = read_answer(body({"content": "x"}, usage=None))
    assert (found.usage, found.billed_usd) == ({}, None)


@pytest.mark.parametrize(
    "usage",
    [
        [],
        "many",
        7,
        {"prompt_tokens": "3"},
        {"prompt_tokens": [3]},
        {"prompt_tokens_details": 5},
        {"completion_tokens_details": [1]},
        {"cost": "0.1 USD"},
        {"cost": {"total": 1}},
        {"prompt_tokens": float("nan")},
        {"prompt_tokens": float("inf")},
    ],
)
def test_an_odd_usage_never_loses_an_answer_that_was_paid(usage: Any) -> None:
    assert read_answer(body({"content": "paid"}, usage=usage)).text == "paid"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 999) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["content", "text", "reasoning", "refusal", "code", "message"]), inner
        )
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(JSON, JSON, JSON, JSON)
def test_any_json_is_an_answer_or_a_fault_and_never_a_traceback(
    message: Any, usage: Any, error: Any, finish: Any
) -> None:
    text = body(message, usage=usage, error=error, finish_reason=finish)
    try:
        found = read_answer(text)
    except Fault as problem:
        assert problem.kind
        assert isinstance(problem.message, str)
    else:
        assert found.text.strip() or found.reasoning


def answer_to(message: dict[str, Any], **more: Any) -> Answer:
    choice = {"message": message, "finish_reason": "stop"}
    return read_answer(json.dumps({"choices": [choice], **more}))


@pytest.mark.parametrize(
    "usage",
    [
        {"completion_tokens": 300, "completion_tokens_details": {"reasoning_tokens": 300}},
        {"prompt_tokens": 5, "completion_tokens": 0, "total_tokens": 305},
    ],
)
def test_thinking_that_only_the_token_counts_show_was_paid_and_is_an_answer(usage: Any) -> None:
    found = answer_to({"content": ""}, usage=usage)
    assert (found.text, found.usage["completion_tokens"]) == ("", 300)
    with pytest.raises(Fault, match="no text"):
        answer_to({"content": ""}, usage={"completion_tokens": 3})


def test_a_message_in_parts_loses_neither_text_nor_thinking() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    parts = [thinking, "One ", {"type": "text", "text": "answer."}, {"text": None}, 7]
    found = answer_to({"content": parts})
    assert (found.text, found.reasoning) == ("One answer.", "Hm.")
    only = answer_to({"content": [thinking]})
    assert (only.text, only.reasoning) == ("", "Hm.")


@pytest.mark.parametrize("error", [None, "", {}, {"code": 0, "message": ""}, []])
def test_an_error_that_says_nothing_loses_no_answer(error: Any) -> None:
    assert answer_to({"content": "paid"}, error=error).text == "paid"


@pytest.mark.parametrize("error", ["No.", {"code": 500}, {"message": "No."}])
def test_an_error_beside_an_answer_is_one(error: Any) -> None:
    with pytest.raises(Fault):
        answer_to({"content": "half"}, error=error)
