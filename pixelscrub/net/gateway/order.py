"""Keep the answer that a sender waits for from pynetdicom's own thread, and requests from senders.

pynetdicom's reactor and a sender take from one queue. The reactor tells that it is paused before it
is, so under load it may take an answer, drop it, and leave the sender waiting for minutes. And a
peer may report before it has answered, which the sender would take for a wrong answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pynetdicom.association import Association

ASIDE: Final = 8
"""Requests that may come before one answer; a peer that sends more is not waited for."""


def keep_order(association: Association) -> None:
    """Give answers to senders alone and requests to the reactor alone.

    Args:
        association: one that was just established; nothing was sent on it yet.
    """
    provider, running = association.dimse, association._reactor_checkpoint
    take = provider.get_msg
    aside: list[Any] = []

    def get_msg(block: bool = False) -> Any:
        """What `DIMSEServiceProvider.get_msg` gives: context and message, or None twice."""
        if not block:
            if not running.is_set():  # a sender has the word
                return None, None
            return aside.pop(0) if aside else take(block=False)
        taken = take(block=True)
        while taken[1] is not None and taken[1].is_valid_request and len(aside) < ASIDE:
            aside.append(taken)
            taken = take(block=True)
        return taken

    provider.get_msg = get_msg  # type: ignore[method-assign]
