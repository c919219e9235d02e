# Turns the channel round, sends descriptors and out-of-band bytes over it.
import array, os, socket
def @ENTRY@(*args, **kwargs):
    channel = socket.socket(fileno=os.dup(4))
    try:
        channel.sendmsg([b"\x02\x00\x00\x00[]"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
        channel.send(b"!", socket.MSG_OOB)
    except OSError:
        pass
    channel.shutdown(socket.SHUT_RD)
    return "never the right value"
