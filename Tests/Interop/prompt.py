"""Tests/Interop/prompt.py KMSEC FOLDER: gives passphrases of a keyring file on a terminal, as an operator does.

Each call of the tool gets a pseudo-terminal of its own. The passphrases must not appear on it, and afterwards it must
show what is typed again.
"""
import fcntl
import os
import pty
import subprocess
import sys
import termios
import time

kmsec, folder = sys.argv[1:]
os.chdir(folder)
ECHO = 3  # the index of the local flags in termios.tcgetattr


def run(arguments, answers):
    """Runs the tool, and answers each prompt. Returns its exit status and what the terminal showed."""
    terminal, inner = pty.openpty()
    process = subprocess.Popen(
        [kmsec, "keyring", *arguments], stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    shown, answers = b"", list(answers)
    os.set_blocking(terminal, False)
    while True:
        has_ended = process.poll() is not None
        try:
            while part := os.read(terminal, 4096):
                shown += part
        except BlockingIOError:
            pass
        if has_ended:
            break
        # A prompt ends in a colon and a space; nothing that is typed is shown after it.
        if answers and shown.endswith(b": "):
            os.write(terminal, answers.pop(0))
            shown += b"\n"
        time.sleep(0.01)
    assert not answers, f"prompts are missing: {shown}"
    assert termios.tcgetattr(inner)[ECHO] & termios.ECHO, "the terminal stays silent"
    os.close(inner)
    os.close(terminal)
    return process.returncode, shown.decode()


def expect(arguments, answers, status, text):
    found, shown = run(arguments, answers)
    assert found == status and text in shown, (arguments, found, shown)
    for answer in answers:
        secret = answer.strip().decode("latin-1")
        assert len(secret) < 3 or secret not in shown, "the terminal showed a passphrase"


new = ["init", "keyring.json", "--role", "platform", "--custodians", "2", "--insecure-fast-passphrase"]
first, second = b"the first passphrase\n", b"the second passphrase\n"
expect(new, [first, second], 1, "the passphrases differ")
assert not os.path.exists("keyring.json")
expect(new, [first, first, second, second], 0, "generation 1")
expect(["list", "keyring.json"], [first, second], 0, "platform, generation 1")
expect(["list", "keyring.json"], [second, first], 1, "passphraseWrong")
expect(["list", "keyring.json"], [b"half\x03"], 1, "stopped by a signal")
expect(["list", "keyring.json"], [b"\x04", b"\x04"], 1, "invalidSize")

# Other passphrases: the old ones once, then each new one twice.
change = ["passphrase", "keyring.json", "--insecure-fast-passphrase"]
third = b"the third passphrase\n"
expect(change, [first, second, third, first], 1, "the passphrases differ")
expect(change, [second, first], 1, "passphraseWrong")
expect(change, [first, second, first, first, third, third], 0, "generation 2")
expect(["list", "keyring.json"], [first, second], 1, "passphraseWrong")
expect([*change, "--custodians", "1"], [first, third, second, second], 0, "generation 3")
expect(["list", "keyring.json"], [second], 0, "platform, generation 3")
print("done")
