"""Rewards and environments that live in TypeScript, for TRL.

Written by `grpo export-trl`; needs nothing but Python. The server is `grpo serve-env`, at GRPO_ENV_URL.
"""

import json
import logging
import os
import time
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("GRPO_ENV_URL", "http://127.0.0.1:8000").rstrip("/")
TOKEN = os.environ.get("GRPO_SERVE_TOKEN")
TIMEOUT_S = 600
ATTEMPTS = 5

logger = logging.getLogger("grpo")
# A proxy for the internet knows no server of this machine or of its network.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class GrpoServerError(RuntimeError):
    """The server answered with an error, or not at all."""

    def __init__(self, message, status=None):
        super().__init__(message)
        self.status = status


def post(path, body):
    """Sends JSON and returns the JSON of the answer; asks again where the server is away or full."""
    data = json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    if TOKEN:
        headers["authorization"] = f"Bearer {TOKEN}"
    for attempt in range(ATTEMPTS):
        if attempt > 0:
            time.sleep(0.5 * 2**attempt)
        request = urllib.request.Request(URL + path, data, headers)
        try:
            with _opener.open(request, timeout=TIMEOUT_S) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            text = error.read(1000).decode(errors="replace")
            if error.code != 503:
                raise GrpoServerError(f"{path}: the server answered {error.code}: {text}", error.code) from error
            reason = text
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            reason = str(error)
    raise GrpoServerError(f"{URL}{path}: no answer after {ATTEMPTS} attempts: {reason}. Is `grpo serve-env` running?")


def rpc(method, params):
    answer = post("/mcp", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    if "error" in answer:
        raise GrpoServerError(f"{method}: {answer['error']['message']}")
    return answer["result"]


class Session:
    """One place on the server: one episode after another."""

    def __init__(self):
        self.id = None
        self.done = False

    def reset(self, task):
        """Begins an episode of a task and returns what the environment says."""
        self.done = False
        for attempt in range(2):
            if self.id is None:
                self.id = rpc("openenv/session/create", {})["session_id"]
            try:
                return post("/reset", {"session_id": self.id, "task": task})["observation"]
            except GrpoServerError as error:
                # The session was idle for too long, or the server was started anew: an episode that begins loses nothing.
                if error.status != 404 or attempt > 0:
                    raise
                self.id = None

    def _step(self, action):
        # The server knows a request that is sent again by its id, so that no step is taken twice.
        body = {"session_id": self.id, "action": action, "request_id": uuid.uuid4().hex}
        outcome = post("/step", body)
        self.done = self.done or outcome["done"]
        return outcome["observation"]

    def call(self, name, **arguments):
        """Calls a tool and returns what the model reads; arguments that are None are left out."""
        given = {key: value for key, value in arguments.items() if value is not None}
        return self._step({"type": "call_tool", "tool_name": name, "arguments": given})["result"]

    def say(self, message):
        """Says something to the environment and returns what it answers."""
        if self.done:
            return "The episode is over."
        messages = self._step({"message": message})["messages"]
        return "\n".join(one["content"] for one in messages) or "The episode is over."


def reward_funcs(names):
    """Makes TRL's reward functions of the rewards of the server: one request for a batch, one function per reward."""
    last = {"completions": None, "answer": None}

    def score(prompts, completions, completion_ids, task, environments, log_metric):
        if last["completions"] is completions:
            return last["answer"]
        episodes = []
        for i, (prompt, completion) in enumerate(zip(prompts, completions, strict=True)):
            episode = {"task": task[i], "messages": [*prompt, *completion], "prompt_length": len(prompt)}
            if completion_ids is not None:
                episode["completion_tokens"] = len(completion_ids[i])
            if environments is not None:
                episode["session_id"] = environments[i]._session.id
            episodes.append(episode)
        answer = post("/rewards", {"episodes": episodes})
        for failure in answer["failures"]:
            logger.warning("No reward for episode %d: %s", failure["episode"], failure["reason"])
        if log_metric is not None:
            log_metric("grpo/reward_failures", float(len(answer["failures"])))
        last.update(completions=completions, answer=answer)
        return answer

    def reward_func(name):
        def reward(prompts, completions, completion_ids=None, *, task, environments=None, log_metric=None, **_):
            return score(prompts, completions, completion_ids, task, environments, log_metric)["rewards"][name]

        reward.__name__ = name
        return reward

    return [reward_func(name) for name in names]
