"""Types into a program that believes in its terminal: arguments are its command. Prints all that it showed; 0 if it ended so."""

import os
import pty
import select
import signal
import sys
import time

PATIENCE = 60
CTRL_C, CTRL_D, UP = b"\x03", b"\x04", b"\x1bOA"

# What comes before it says that text may be pasted, which no answer does.
PROMPT = b"\x1b[?2004h>"

child, screen = pty.fork()
if child == 0:
    os.environ["TERM"] = "xterm"
    # A build in the background has it ignored, and so would all that it starts.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
shown = b""


def read():
    """What is shown next; nothing at the program's end."""
    global shown
    if not select.select([screen], [], [], PATIENCE)[0]:
        raise AssertionError("nothing is shown any more")
    try:
        more = os.read(screen, 1 << 16)
    except OSError:
        more = b""
    shown += more
    return more


def await_text(text, behind):
    """Reads on until a text is shown, and returns where it ends."""
    deadline = time.monotonic() + PATIENCE
    while text not in shown[behind:]:
        assert time.monotonic() < deadline and read(), text
    return shown.index(text, behind) + len(text)


def await_more(count, behind):
    while len(shown) < behind + count:
        assert read(), count


def say(text):
    """Types a line once one is asked for, and returns where its answer begins."""
    place = await_text(PROMPT, say.place)
    os.write(screen, text + b"\r")
    say.place = place
    return place


def interrupted():
    """An answer of any length, ended by Ctrl-C once some of it is there."""
    await_more(1000, say.place)
    os.write(screen, CTRL_C)
    say.place = len(shown)


say.place = 0
try:
    say(b"Who are you?")
    interrupted()
    say(b"/stats")
    await_text(b"turns 1, tokens in the stream ", say.place)
    say(b"/continue")
    interrupted()
    say(b"/reset")
    await_text(b"(the stream is empty)", say.place)
    say(b"/stats")
    say.place = await_text(b"turns 0, tokens in the stream 0,", say.place)
    # The line before, which is a command of its own again.
    say(UP)
    await_text(b"turns 0, tokens in the stream 0,", say.place)
    say.place = await_text(b"\n", say.place)
    await_text(PROMPT, say.place)
    os.write(screen, CTRL_D)
    while read():
        pass
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
except AssertionError as error:
    os.kill(child, 9)
    code = f"not shown: {error}"
sys.stdout.write(shown.decode(errors="replace"))
sys.exit(code)
