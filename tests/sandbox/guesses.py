"""Every number, code and habit of the platform that the sandbox assumes, in one table with its mark.

Marks: D = public documentation, R = seen with the SDK, S = SDK source, N = not verified (the sandbox takes the
strict side), N·u = not verified, reported by users. A first day with the real platform becomes a list of rows
to correct here. Sections are those of the platform paper (dingtalk.md).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guess:
    """One assumption: what the sandbox does, how sure we are, and where it is written down."""

    name: str
    value: float | str | bool
    mark: str
    section: str
    meaning: str


GUESSES: tuple[Guess, ...] = (
    # Stream protocol
    Guess("ticket_life_s", 90, "D", "§2.1", "a gateway ticket lives this long and works once"),
    Guess("dead_ticket_status", 401, "N", "§16.7", "handshake answer for a used or old ticket"),
    Guess("no_subscription_code", "invalidParameter.subscriptions", "N", "§12.2.1", "no subscription is refused"),
    Guess("ping_every_s", 25, "N·u", "§2.4", "SYSTEM ping interval; users see 20–30 s"),
    Guess("ping_patience_s", 20, "N", "§2.4", "a ping without its opaque for this long is a warning"),
    Guess("disconnect_grace_s", 10, "D", "§2.2", "TCP is closed this long after SYSTEM disconnect"),
    Guess("redeliver_after_s", 60, "N·u", "§2.4", "an ignored ack brings the frame again after this long"),
    Guess("event_limit_s", 3, "D", "§2.4", "an event should be answered within this"),
    Guess("chat_limit_s", 5, "N", "§2.4", "how long the sandbox waits for the ack of a chat message"),
    # Callbacks
    Guess("callback_limit_s", 2, "D", "§4.3", "a click must be answered within this"),
    Guess("late_answer_discarded", True, "N", "§16.2", "a later answer is thrown away, the viewer sees a failure line"),
    Guess("answer_checked_by_manifest", True, "N", "§16.4", "an answer outside the manifest is refused too"),
    Guess("put_inside_callback_flagged", True, "D", "§4.3", "a card updated while its callback is open"),
    Guess("overlay_ends_with_put", True, "D", "§4.3", "an answer's public data stays on one phone until a PUT"),
    Guess("select_as_index_value", True, "D", "§4.1", "select values travel as {index, value}"),
    # Cards
    Guess("out_track_max", 100, "D", "§5.3", "characters of outTrackId"),
    Guess("open_space_max", 1000, "D", "§5.3", "characters of openSpaceId"),
    Guess("key_max_bytes", 100, "D", "§5.3", "bytes of one variable name"),
    Guess("value_warn_bytes", 1024, "D", "§5.3", "a longer value is accepted with a warning"),
    Guess("image_takes_media_id", True, "N", "§16.8", "an image on a card may be named by the media id of an upload"),
    Guess("data_max_bytes", 102400, "D", "§5.3", "bytes of one whole cardParamMap"),
    Guess("unknown_key_code", "param.invalid", "N", "§8", "a variable outside the manifest is refused"),
    Guess("non_string_code", "param.invalid", "N", "§12.3", "a value that is not a string is refused"),
    Guess("wrong_literal_code", "param.invalid", "N", "§8", "a value that is no literal of its type is refused"),
    Guess("no_space_model_code", "param.openSpaceModelInvalid", "N", "§12.3", "delivery to a space without its model"),
    Guess("unknown_space_message", "spaceId is illegal", "N·u", "§5.2", "a failed item of deliverResults"),
    Guess("failed_item_keeps_success", True, "N", "§5.2", "the outer success stays true when only items fail"),
    Guess("second_delivery_shows_twice", True, "N", "§5.5", "a second deliver to one space shows the card again"),
    # REST
    Guess("token_life_s", 7200, "D", "§5.1", "an access token lives this long; asking again extends it"),
    Guess("bad_token_status", 400, "D", "§5.1", "HTTP status of InvalidAuthentication"),
    Guess("bad_token_errcode", 40014, "D", "§5.1", "the same for the old API"),
    Guess("no_content_type_code", "param.invalid", "N", "§12.3", "a body without Content-Type: application/json"),
    Guess("webhook_life_s", 5400, "D", "§3", "a session webhook lives this long"),
    Guess("webhook_dead_errcode", 310000, "N", "§3", "errcode of an expired or unknown session"),
    Guess("download_life_s", 3600, "N", "§16.8", "how long a download URL can be fetched"),
    Guess("auth_code_life_s", 300, "D", "§14", "a login code lives this long and works once"),
    Guess("grant_type_code", "invalidParameter.grantType", "N", "§12.3", "a code is exchanged as authorization_code"),
    Guess("login_scopes", "openid|openid corpid", "N", "§14", "what the login page is asked for"),
    Guess("login_prompt", "consent", "N", "§14", "the login page always asks"),
    Guess("used_code_errcode", 40078, "D", "§14", "errcode of a used or unknown login code"),
    Guess("user_page_max", 100, "N", "§12.3", "people on one page of a department"),
    Guess("wrong_page_errcode", 40035, "N", "§12.3", "a size or cursor out of range"),
    Guess("jsapi_ticket_life_s", 7200, "D", "§14", "jsapiTicket"),
    Guess("user_token_life_s", 7200, "D", "§5.1", "userAccessToken"),
    Guess("batch_max_users", 20, "D", "§9", "userIds of one batchSend; one error text speaks of 100"),
    Guess("too_many_users_code", "invalidParameter.userIds", "N", "§12.3", "more than that"),
    Guess("msg_param_max_bytes", 15000, "D", "§5.4", "bytes of msgParam"),
    Guess("ding_max_users", 200, "D", "§5.4", "receivers of one in-app DING"),
    Guess("ding_max_users_sms", 20, "D", "§5.4", "receivers of one DING by SMS or phone"),
    Guess("group_title_max", 30, "D", "§5.4", "characters of a scene group's title"),
    Guess("group_uuid_again", True, "N", "§5.4", "a scene group asked for again under its uuid is the same group"),
    Guess("group_users_comma", True, "N", "§5.4", "user_ids of a scene group are one string, parted by commas"),
    Guess("robot_joins_by_call", True, "N", "§5.4", "a robot shows cards in a scene group only after orgRobots/add"),
    # Quota
    Guess("quota_code", "Forbidden.AccessDenied.ApiCountLimitForOrg", "D", "§5.5", "monthly quota gone (403)"),
    Guess("quota_errcode", 90020, "D", "§5.5", "the same for the old API"),
    Guess("qps_code", "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "D", "§5.5", "too many calls a second (403)"),
    Guess("qps_errcode", 90018, "D", "§5.5", "the same for the old API"),
    Guess("over_quota_code", 20001, "D", "§3", "a chat message over quota carries this instead of its text"),
    Guess("over_quota_keeps_msgtype", True, "R", "§3", "msgtype stays, which makes the SDK's parser raise"),
    Guess("callbacks_counted", True, "N", "§16.3", "card callbacks count as stream messages"),
)

_BY_NAME = {guess.name: guess for guess in GUESSES}


def number(name: str) -> int:
    """A guessed count, size or code.

    Raises:
        TypeError: the row holds no number.
    """
    value = _BY_NAME[name].value
    if isinstance(value, str | bool):
        raise TypeError(name)
    return int(value)


def seconds(name: str) -> float:
    """A guessed span in seconds."""
    return float(number(name))


def word(name: str) -> str:
    """A guessed error code or text."""
    return str(_BY_NAME[name].value)


def holds(name: str) -> bool:
    """A guessed habit of the platform: does it do so?"""
    return _BY_NAME[name].value is True
