"""The control channel: typed commands and replies, their frames, and the client. Bytes apart from sockets."""
