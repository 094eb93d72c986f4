"""Browser windows of people who stop messages without an account."""

from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

STOP = "/privacy/stop/"


class Window(Client):
    """A browser window: the ticket in the address of the last page goes on to the next one, and there are no cookies."""

    ticket = ""

    def get(self, path, data=None, **extra):
        return self._keeps(super().get(path, self._with_ticket(path, data), **extra))

    def post(self, path, data=None, **extra):
        query = f"?{urlencode(self._with_ticket(path, {}))}"
        return self._keeps(super().post(path + query, data or {}, **extra))

    def _with_ticket(self, path, data):
        return {"t": self.ticket, **(data or {})} if path.startswith(STOP) and path != STOP else (data or {})

    def _keeps(self, answer):
        *_, last = [getattr(answer, "url", ""), *(url for url, _status in getattr(answer, "redirect_chain", []))]
        self.ticket = next(iter(parse_qs(urlsplit(last).query).get("t", [])), self.ticket)
        return answer
