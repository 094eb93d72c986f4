"""Adapters to ``tests.servers.gateway``, as an adapter to a provider would be written."""

import http.client
import json
import os
import urllib.error
import urllib.request

from portal.kernel.outbox.channels.protocol import Accepted, OutcomeUnknown, Outgoing, TemporaryFailure


class _HttpChannel:
    name: str
    takes_idempotency_key: bool
    path: str

    def send(self, outgoing: Outgoing) -> Accepted:
        letter = {
            "reference": outgoing.reference,
            "key": outgoing.idempotency_key,
            "message_id": outgoing.message_id,
            "body": outgoing.body,
        }
        url = os.environ["TEST_GATEWAY_URL"] + self.path
        request = urllib.request.Request(url, json.dumps(letter).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10):
                return Accepted()
        except urllib.error.HTTPError as error:
            raise TemporaryFailure(f"HTTP_{error.code}") from None
        except urllib.error.URLError:
            raise TemporaryFailure("UNREACHABLE") from None
        except (OSError, http.client.HTTPException):
            raise OutcomeUnknown("BROKEN_OFF") from None


class KeyedChannel(_HttpChannel):
    name = "sms"
    takes_idempotency_key = True
    most_at_once = 10
    path = "/keyed"


class PlainChannel(_HttpChannel):
    name = "email"
    takes_idempotency_key = False
    path = "/plain"
