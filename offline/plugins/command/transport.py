"""An SSH transport that tells whether the server took a variable, and by which signal a command ended."""

import logging
import socket
from typing import Any

import paramiko
from paramiko.common import (
    MSG_CHANNEL_FAILURE,
    MSG_CHANNEL_REQUEST,
    cMSG_CHANNEL_REQUEST,
)

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # its tracebacks would reach the engine's terminal
logging.getLogger("paramiko").propagate = False


class Transport(paramiko.Transport):  # type: ignore[misc]
    """paramiko hides two answers: it never asks for a reply to ``env``, and it drops ``exit-signal``."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self.signals: dict[int, str] = {}
        self._asked: dict[int, bool] = {}  # channels with a variable on its way; the value is the answer
        self._channel_handler_table = {
            **paramiko.Transport._channel_handler_table,
            MSG_CHANNEL_FAILURE: self._on_failure,
            MSG_CHANNEL_REQUEST: self._on_request,
        }

    def set_variable(self, channel: paramiko.Channel, name: str, value: str) -> bool:
        """Sets a variable of the command to come; False when the server's AcceptEnv does not allow it."""
        message = paramiko.Message()
        message.add_byte(cMSG_CHANNEL_REQUEST)
        message.add_int(channel.remote_chanid)
        message.add_string("env")
        message.add_boolean(True)
        message.add_string(name)
        message.add_string(value)
        self._asked[channel.chanid] = True
        channel._event_pending()
        self._send_user_message(message)
        channel._wait_for_event()
        return self._asked.pop(channel.chanid)

    def _on_failure(self, channel: paramiko.Channel, message: Any) -> None:
        if channel.chanid in self._asked:  # paramiko would close the channel
            self._asked[channel.chanid] = False
            channel._request_success(message)
        else:
            channel._request_failed(message)

    def _on_request(self, channel: paramiko.Channel, message: Any) -> None:
        if message.get_text() == "exit-signal":
            message.get_boolean()
            self.signals[channel.chanid] = message.get_text()
            channel.status_event.set()
        else:
            message.rewind()
            message.get_int()  # the channel, which paramiko has read before it calls its handlers
            channel._handle_request(message)
