"""A PostgreSQL server of its own for the scripts in this folder."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time


class Cluster:
    """A durable PostgreSQL cluster in a directory, on a Unix socket; PostgreSQL's user owns it if this runs as root."""

    def __init__(self, directory, settings=()):
        folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        found = folders[-1] if folders else shutil.which("initdb")
        if not found:
            sys.exit("PostgreSQL is not installed: apt-get install postgresql")
        self.directory = directory
        self.settings = settings
        self.commands = pathlib.Path(found).parent
        self.owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if os.getuid() == 0:
            shutil.chown(directory, "postgres")
        directory.chmod(0o755)
        self.data = directory / "data"
        self.place = f"host={directory} user=admin dbname=postgres"
        self.command(self.commands / "initdb", "-D", self.data, "-U", "admin", "--auth", "trust", "--encoding", "UTF8")
        self.start()

    def command(self, *arguments, check=True):
        """Runs a command of PostgreSQL; the server must not keep this process's output open."""
        with open(self.directory / "commands.log", "ab") as log:
            return subprocess.run([*self.owner, *map(str, arguments)], cwd="/tmp", stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log, check=check).returncode

    def start(self):
        options = " ".join([f"-k {self.directory} -c listen_addresses=''", *(f"-c {text}" for text in self.settings)])
        # After a crash, the memory of the old processes must be released first.
        for _ in range(40):
            if self.command(self.commands / "pg_ctl", "-D", self.data, "-l", self.directory / "server.log", "-w", "-o",
                            options, "start", check=False) == 0:
                return
            time.sleep(0.25)
        sys.exit("PostgreSQL does not start")

    def query(self, sql):
        """The rows of a statement, with a bar between their columns."""
        return subprocess.run([self.commands / "psql", "-h", self.directory, "-U", "admin", "-d", "postgres", "-Atc", sql],
                              check=True, text=True, capture_output=True).stdout.split("\n")[:-1]

    def processes(self, application):
        """The process ids of the connections of an application."""
        return [int(row) for row in self.query(f"SELECT pid FROM pg_stat_activity WHERE application_name = '{application}'")]

    @property
    def postmaster(self):
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def kill(self, children=False):
        """Kills the first process, which ends all others without a shutdown of the database, or kills them too."""
        first = self.postmaster
        found = pathlib.Path(f"/proc/{first}/task/{first}/children").read_text().split() if children else []
        os.kill(first, signal.SIGKILL)
        for pid in found:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass

    def close(self):
        self.command(self.commands / "pg_ctl", "-D", self.data, "-m", "immediate", "stop", check=False)
