"""What tests ask of the stand-in itself, below /_awstest/, beside the AWS calls."""

import inspect
import json

# A path below /_awstest/ and what answers it: a function of the JSON document in
# the body that gives the document to answer with, now or when it is awaited.
ROUTES = {}

# What is called, without arguments, when ministack is emptied.
ON_RESET = []


def mend():
    from ministack import app

    empty = app._reset_all_state

    def reset():
        empty()
        for forget in ON_RESET:
            forget()

    app._reset_all_state = reset


def beside(aws):
    """The application that answers ROUTES itself and leaves the rest to aws."""

    async def app(scope, receive, send):
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith("/_awstest/"):
            return await aws(scope, receive, send)
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        answer = ROUTES.get(path.removeprefix("/_awstest/"))
        if answer is None:
            return await reply(send, 404, {"error": f"no such path: {path}"})
        try:
            document = answer(json.loads(body or b"null"))
            if inspect.isawaitable(document):
                document = await document
        except (KeyError, TypeError, ValueError) as error:
            return await reply(send, 400, {"error": repr(error)})
        return await reply(send, 200, document)

    return app


async def reply(send, status, document):
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
