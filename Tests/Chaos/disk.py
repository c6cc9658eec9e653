"""A small disk for one run that can be full for a while: a tmpfs in a mount namespace that ends with the run."""
import asyncio
import ctypes
import errno
import os
import sys

from process import LIBC

MARK = "CHAOS_HAS_NAMESPACE"


def enter_namespace():
    """Restarts this program in a mount namespace of its own, if that is allowed."""
    if os.environ.get(MARK):
        return
    for command in (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]):
        try:
            if os.spawnvp(os.P_WAIT, command[0], command + ["true"]) == 0:
                os.environ[MARK] = "yes"
                os.execvp(command[0], command + [sys.executable] + sys.argv)
        except OSError:
            pass
    os.environ[MARK] = "no"


class Disk:
    def __init__(self, folder, mebibytes):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.ballast = os.path.join(folder, "ballast")
        self.is_full = False
        self.free_since = 0
        options = f"size={mebibytes}m,mode=0700".encode()
        self.is_small = os.environ.get(MARK) == "yes" and LIBC.mount(
            b"tmpfs", folder.encode(), b"tmpfs", ctypes.c_ulong(0), options) == 0

    def fill(self):
        self.is_full = True
        with open(self.ballast, "ab", buffering=0) as file:
            block = bytes(65536)
            while block:
                try:
                    file.write(block)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    block = block[:len(block) // 2]

    def free(self):
        if self.is_full:
            os.remove(self.ballast)
            self.is_full = False
            self.free_since = asyncio.get_running_loop().time()

    def unmount(self):
        if self.is_small:
            LIBC.umount2(self.folder.encode(), 2)
