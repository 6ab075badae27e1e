"""A stand-in for a server of language models: OpenAI's two paths, a canned answer, and a transcript that proves a file.

What is answered is told by the last line that the user wrote; how long a WAV is, by its own header.
"""

import email
import email.policy
import io
import wave
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Annotated, Any, Literal

import msgspec

from arqlight.demo.world.stand_in import Answer, Call, Fault, StandIn

KEY = "sk-stand-in"
MODELS = ("gpt-4o-mini", "whisper-1")
LARGEST = 25 * 1024**2
ENDINGS = frozenset({"flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"})
CONTEXT = 128_000
"""Tokens that fit into the model; four signs are one."""


def openai(key: str = KEY, context: int = CONTEXT) -> StandIn:
    """The provider as it behaves when nothing is wrong."""
    return StandIn(_Models(key, context).answer)


def refusing(status: int, *, code: str = "", kind: str = "", headers: Mapping[str, str] | None = None) -> Fault:
    """A fault as the provider words it."""
    error = {"message": "told by the test", "type": kind or None, "param": None, "code": code or None}
    return Fault(status=status, body=msgspec.Raw(msgspec.json.encode({"error": error})), headers=dict(headers or {}))


def saying(text: str, finish_reason: str = "stop") -> Fault:
    """An answer of other words, or with another end."""
    return Fault(status=200, body=msgspec.Raw(msgspec.json.encode(_completion(text, finish_reason, 1, 1))))


class _Line(msgspec.Struct):
    role: Literal["system", "user", "assistant"]
    content: str


class _Asked(msgspec.Struct):
    model: str
    messages: Annotated[list[_Line], msgspec.Meta(min_length=1)]
    user: str = ""
    temperature: float = 1.0
    max_tokens: int = 0


@dataclass(frozen=True, slots=True)
class _Models:
    key: str
    context: int

    def answer(self, call: Call) -> Answer:
        if call.headers.get("authorization") != f"Bearer {self.key}":
            return _refused(401, "Incorrect API key provided.", "invalid_api_key")
        if call.method == "POST" and call.path.endswith("/chat/completions"):
            return self._chat(call)
        if call.method == "POST" and call.path.endswith("/audio/transcriptions"):
            return _heard(call)
        return _refused(404, f"Invalid URL ({call.method} {call.path})")

    def _chat(self, call: Call) -> Answer:
        try:
            asked = msgspec.json.decode(call.body, type=_Asked)
        except msgspec.MsgspecError:
            return _refused(400, "We could not parse the JSON body of your request.")
        if asked.model not in MODELS:
            return _refused(404, "The model does not exist.", "model_not_found")
        said = sum(len(line.content) for line in asked.messages) // 4
        if said > self.context:
            return _refused(400, "This model's maximum context length is exceeded.", "context_length_exceeded")
        last = asked.messages[-1].content
        return Answer(body=_completion(f"You wrote {len(last)} signs.", "stop", said, 6), effect=f"chat:{last}")


def _completion(text: str, finish_reason: str, tokens_in: int, tokens_out: int) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": MODELS[0],
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason},
        ],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        },
    }


def _heard(call: Call) -> Answer:
    parts = form_of(call)
    name, content = parts.get("file", ("", b""))
    if parts.get("model", ("", b""))[1].decode() not in MODELS:
        return _refused(404, "The model does not exist.", "model_not_found")
    if name.rpartition(".")[2] not in ENDINGS:
        return _refused(400, "Unrecognized file format.")
    if not content:
        return _refused(400, "Audio file is too short.")
    if len(content) > LARGEST:
        return _refused(413, "Maximum content size limit (26214400) exceeded.")
    seconds = _length(content)
    body = {"text": f"{seconds:.1f} seconds of sound", "usage": {"type": "duration", "seconds": round(seconds)}}
    return Answer(body=body, effect=f"heard:{len(content)}")


def form_of(call: Call) -> dict[str, tuple[str, bytes]]:
    """The parts of a multipart body: each one's file name and content."""
    head = f"Content-Type: {call.headers.get('content-type', '')}\r\n\r\n".encode()
    whole = email.message_from_bytes(head + call.body, _class=EmailMessage, policy=email.policy.HTTP)
    told: dict[str, tuple[str, bytes]] = {}
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        told[str(name)] = (part.get_filename() or "", content if isinstance(content, bytes) else b"")
    return told


def _length(content: bytes) -> float:
    with suppress(wave.Error, EOFError), wave.open(io.BytesIO(content)) as sound:
        return sound.getnframes() / sound.getframerate()
    return len(content) / 16_000


def _refused(status: int, message: str, code: str = "") -> Answer:
    kind = "invalid_request_error"
    return Answer(status, {"error": {"message": message, "type": kind, "param": None, "code": code or None}})
