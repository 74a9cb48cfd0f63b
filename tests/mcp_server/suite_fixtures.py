"""What the official conformance suite asks a server for by name, mounted on ours: so its requests go through our app, its tokens and its checks."""

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Audio, Context, Image, MCPServer, Resolve, Sample
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts.base import Message, UserMessage
from mcp.types import CreateMessageRequest as SampleRequest
from mcp.types import CreateMessageRequestParams as SampleParams
from mcp.types import CreateMessageResult as Completion
from mcp.types import (
    ElicitRequest,
    ElicitRequestFormParams,
    EmbeddedResource,
    ImageContent,
    InputRequiredResult,
    TextContent,
    TextResourceContents,
)
from mcp.types import ListRootsRequest as RootsRequest
from mcp.types import SamplingMessage as Sampled
from pydantic import BaseModel, Field

CTX = Context[Any, Any]
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="


def add_fixtures(server: MCPServer[Any]) -> None:
    """Mount all of them."""
    _contents(server)
    _talking(server)
    _resources_and_prompts(server)
    _input_required(server)


def _bytes(text: str) -> bytes:
    import base64

    return base64.b64decode(text)


def _embedded(uri: str, text: str, kind: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=kind, text=text))


def _contents(server: MCPServer[Any]) -> None:
    @server.tool(description="A fixture.")
    def test_simple_text() -> str:
        return "This is a simple text response for testing."

    @server.tool(description="A fixture.")
    def test_image_content() -> Image:
        return Image(data=_bytes(PIXEL), format="png")

    @server.tool(description="A fixture.")
    def test_audio_content() -> Audio:
        return Audio(data=_bytes(SILENCE), format="wav")

    @server.tool(description="A fixture.")
    def test_embedded_resource() -> EmbeddedResource:
        return _embedded("test://embedded-resource", "This is an embedded resource content.")

    @server.tool(description="A fixture.")
    def test_multiple_content_types() -> list[TextContent | ImageContent | EmbeddedResource]:
        text = TextContent(type="text", text="Multiple content types test:")
        resource = _embedded("test://mixed-content-resource", json.dumps({"test": "data", "value": 123}), "application/json")
        return [text, ImageContent(type="image", data=PIXEL, mime_type="image/png"), resource]

    @server.tool(description="A fixture.")
    def test_error_handling() -> str:
        raise ToolError("This tool intentionally returns an error for testing")


class Defaults(BaseModel):
    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: Literal["active", "inactive", "pending"] = "active"
    verified: bool = True


class Person(BaseModel):
    username: str = Field(description="User's response")
    email: str = Field(description="User's email address")


OPTIONS = ["option1", "option2", "option3"]
TITLED = [{"const": f"value{number}", "title": f"{word} Option"} for number, word in enumerate(("First", "Second", "Third"), start=1)]
ENUMS: dict[str, Any] = {
    "untitledSingle": {"type": "string", "enum": OPTIONS},
    "titledSingle": {"type": "string", "oneOf": TITLED},
    "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": OPTIONS}},
    "titledMulti": {"type": "array", "items": {"anyOf": TITLED}},
}


def _talking(server: MCPServer[Any]) -> None:
    @server.tool(description="A fixture.")
    async def test_tool_with_progress(ctx: CTX) -> str:
        for progress in (0, 50, 100):
            await ctx.report_progress(progress, 100)
            await asyncio.sleep(0.05)
        return "done"

    def ask_the_model(prompt: str) -> Sample:
        return Sample([Sampled(role="user", content=TextContent(type="text", text=prompt))], max_tokens=100)

    def need_a_model() -> Sample:
        return ask_the_model("Anything")

    @server.tool(description="A fixture.")
    async def test_sampling(prompt: str, said: Annotated[Completion, Resolve(ask_the_model)]) -> str:
        return f"LLM response to {prompt}: {said.content}"

    @server.tool(description="A fixture.")
    async def test_missing_capability(said: Annotated[Completion, Resolve(need_a_model)]) -> str:
        return str(said.content)

    @server.tool(description="A fixture.")
    async def test_elicitation(ctx: CTX, message: str) -> str:
        result = await ctx.elicit(message, Person)
        return f"User response: {result.action}"

    @server.tool(description="A fixture.")
    async def test_elicitation_sep1034_defaults(ctx: CTX) -> str:
        result = await ctx.elicit("Check the defaults", Defaults)
        return f"Elicitation completed: action={result.action}"

    @server.tool(description="A fixture.")
    async def test_elicitation_sep1330_enums(ctx: CTX) -> str:
        schema = {"type": "object", "properties": ENUMS, "required": []}
        result = await ctx.session.elicit_form("Choose", schema, related_request_id=ctx.request_id)
        return f"Elicitation completed: action={result.action}"


def _resources_and_prompts(server: MCPServer[Any]) -> None:
    @server.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        return _bytes(PIXEL)

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def template(id: str) -> str:
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})

    @server.prompt(description="A fixture.")
    def test_simple_prompt() -> str:
        return "This is a simple prompt for testing."

    @server.prompt(description="A fixture.")
    def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @server.prompt(description="A fixture.")
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[Message]:  # noqa: N803 - as the suite has it
        return [UserMessage(_embedded(resourceUri, "Embedded resource content for testing.")), UserMessage("Please process the embedded resource above.")]

    @server.prompt(description="A fixture.")
    def test_prompt_with_image() -> list[Message]:
        return [UserMessage(ImageContent(type="image", data=PIXEL, mime_type="image/png")), UserMessage("Please analyze the image above.")]


def _ask(message: str, **fields: str) -> ElicitRequest:
    schema = {"type": "object", "properties": {name: {"type": kind} for name, kind in fields.items()}, "required": list(fields)}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(prompt: str, tokens: int) -> SampleRequest:
    said = Sampled(role="user", content=TextContent(type="text", text=prompt))
    return SampleRequest(params=SampleParams(messages=[said], max_tokens=tokens))


def _wanted(requests: Mapping[str, Any], state: str | None = None) -> InputRequiredResult:
    return InputRequiredResult(input_requests=dict(requests), request_state=state)


def _told(ctx: CTX, key: str) -> Any:  # noqa: ANN401 - what the client answered
    return (ctx.input_responses or {}).get(key)


def _input_required(server: MCPServer[Any]) -> None:
    name, greeting = _ask("What is your name?", name="string"), _sample("Generate a greeting", 50)
    capital, confirm = _sample("What is the capital of France?", 100), _ask("Please confirm", ok="boolean")

    @server.tool(description="A fixture.")
    async def test_input_required_result_elicitation(ctx: CTX) -> str | InputRequiredResult:
        told = _told(ctx, "user_name")
        if told is None or not isinstance((told.content or {}).get("name"), str):
            return _wanted({"user_name": name})
        return f"Hello, {told.content['name']}!"

    @server.tool(description="A fixture.")
    async def test_input_required_result_sampling(ctx: CTX) -> str | InputRequiredResult:
        told = _told(ctx, "capital_question")
        return _wanted({"capital_question": capital}) if told is None else told.content.text

    @server.tool(description="A fixture.")
    async def test_input_required_result_list_roots(ctx: CTX) -> str | InputRequiredResult:
        told = _told(ctx, "client_roots")
        return _wanted({"client_roots": RootsRequest()}) if told is None else ", ".join(str(root.uri) for root in told.roots)

    @server.tool(description="A fixture.")
    async def test_input_required_result_request_state(ctx: CTX) -> str | InputRequiredResult:
        return "state-ok" if ctx.request_state == "state" else _wanted({"confirm": confirm}, "state")

    @server.tool(description="A fixture.")
    async def test_input_required_result_tampered_state(ctx: CTX) -> str | InputRequiredResult:
        return "state-ok" if ctx.request_state == "state" else _wanted({"confirm": confirm}, "state")

    @server.tool(description="A fixture.")
    async def test_input_required_result_multiple_inputs(ctx: CTX) -> str | InputRequiredResult:
        requests = {"user_name": name, "greeting": greeting, "client_roots": RootsRequest()}
        return "all told" if set(requests) <= set(ctx.input_responses or {}) else _wanted(requests, "state")

    @server.tool(description="A fixture.")
    async def test_input_required_result_multi_round(ctx: CTX) -> str | InputRequiredResult:
        if ctx.request_state == "round-2" and _told(ctx, "step2") is not None:
            return "done"
        if ctx.request_state == "round-1" and _told(ctx, "step1") is not None:
            return _wanted({"step2": _ask("Step 2: What is your favorite color?", color="string")}, "round-2")
        return _wanted({"step1": _ask("Step 1: What is your name?", name="string")}, "round-1")

    @server.tool(description="A fixture.")
    async def test_input_required_result_capabilities(ctx: CTX) -> str | InputRequiredResult:
        able = ctx.client_capabilities
        wanted: dict[str, Any] = {}
        if able is not None and able.sampling is not None:
            wanted["capital_question"] = capital
        if able is not None and able.elicitation is not None:
            wanted["user_name"] = name
        return _wanted(wanted)

    @server.prompt(description="A fixture.")
    async def test_input_required_result_prompt(ctx: CTX) -> Annotated[str, "or a question"] | InputRequiredResult:
        told = _told(ctx, "user_context")
        if told is None:
            return _wanted({"user_context": _ask("What context should the prompt use?", context="string")})
        return f"Context: {(told.content or {}).get('context')}"
