"""Compares what a server wrote with the protocol's own types."""
import json

from lsprotocol import converters, types

CONVERTER = converters.get_converter()


def lost(before, after, path=""):
    """Where the second value lacks something of the first, or has it otherwise."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if value is not None:
                yield from lost(value, after.get(key), f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (mine, theirs) in enumerate(zip(before, after)):
            yield from lost(mine, theirs, f"{path}[{index}]")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield f"{path}: {before!r} is read as {after!r}"


def problems(log):
    """What is wrong with each message to the client: what the types refuse, and what they do not know."""
    asked = {}
    for line in open(log):
        record = json.loads(line)
        message = record["message"]
        if record["direction"] == "to server":
            if "method" in message and "id" in message:
                asked[message["id"]] = message["method"]
            continue
        method = message.get("method") or asked.get(message.get("id"))
        try:
            if "method" in message:
                kind = types.METHOD_TO_TYPES[method][0]
            elif "error" in message:
                kind = types.ResponseErrorMessage
            else:
                kind = types.METHOD_TO_TYPES[method][1]
            read = CONVERTER.structure(message, kind)
        except Exception as error:
            yield f"{method}: {error!r}"
            continue
        # What a command answers with is its own affair.
        if method != types.WORKSPACE_EXECUTE_COMMAND:
            yield from (f"{method}{difference}" for difference in lost(message, CONVERTER.unstructure(read)))


def methods(log):
    """The methods that the server answered or sent."""
    records = [json.loads(line) for line in open(log)]
    asked = {r["message"].get("id"): r["message"].get("method") for r in records if r["direction"] == "to server"}
    answers = (r["message"] for r in records if r["direction"] == "to client")
    return {answer.get("method") or asked.get(answer.get("id")) for answer in answers}
