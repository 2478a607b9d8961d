-- Files by the kernel's own calls: what nginx and Lua have no words for. Links are never followed.
local ffi = require "ffi"
local bit = require "bit"

ffi.cdef [[
typedef struct { int64_t sec; uint32_t nsec; int32_t pad; } s3_time;
typedef struct {
  uint32_t mask, blksize; uint64_t attributes; uint32_t nlink, uid, gid; uint16_t mode, pad; uint64_t ino, size, blocks,
  attributes_mask; s3_time atime, btime, ctime, mtime; uint32_t rdev_major, rdev_minor, dev_major, dev_minor; uint64_t spare[14];
} s3_statx;
typedef struct { uint64_t flags, mode, resolve; } s3_how;
typedef struct { uint64_t ino; int64_t off; uint16_t reclen; uint8_t type; char name[256]; } s3_entry;
typedef struct { long sec; long nsec; } s3_clock;
long syscall(long number, ...);
int close(int fd);
long read(int fd, void *buffer, size_t size);
int mkdirat(int fd, const char *name, unsigned int mode);
int unlinkat(int fd, const char *name, int flags);
long fgetxattr(int fd, const char *name, void *value, size_t size);
int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags);
int fremovexattr(int fd, const char *name);
int64_t lseek(int fd, int64_t offset, int whence);
int clock_gettime(int clock, s3_clock *now);
]]

local C = ffi.C
local number = ({
  x64 = { statx = 332, openat2 = 437, getdents64 = 217 },
  arm64 = { statx = 291, openat2 = 437, getdents64 = 61 },
})[ffi.arch]

-- Of the kernel's own headers; these three differ between processors.
local arm = ffi.arch == "arm64"
local RDONLY, NOCTTY, NONBLOCK, CLOEXEC = 0, 0x100, 0x800, 0x80000
local DIRECTORY, NOFOLLOW = arm and 0x4000 or 0x10000, arm and 0x8000 or 0x20000
local EMPTY_PATH, BASIC, REMOVEDIR = 0x1000, 0xfff, 0x200
local NO_MAGICLINKS, NO_SYMLINKS, BENEATH = 0x02, 0x04, 0x08
local CLOCK_REALTIME, CLOCK_REALTIME_COARSE = 0, 5

local M = { ENOENT = 2, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EINVAL = 22, ENAMETOOLONG = 36, ELOOP = 40 }

local how = ffi.new "s3_how"
local stat = ffi.new "s3_statx"
local clock = ffi.new "s3_clock"
local space = 65536
local buffer = ffi.new("char[?]", space)

-- Opens `path` below the folder `fd`, if no part of it is a link; nil and the error's number otherwise.
function M.open(fd, path, folder)
  how.flags = bit.bor(RDONLY, NOCTTY, NONBLOCK, CLOEXEC, NOFOLLOW, folder and DIRECTORY or 0)
  how.mode = 0
  how.resolve = bit.bor(BENEATH, NO_SYMLINKS, NO_MAGICLINKS)
  local opened = tonumber(C.syscall(number.openat2, ffi.cast("int", fd), path, how, ffi.cast("size_t", ffi.sizeof(how))))
  if opened < 0 then return nil, ffi.errno() end
  return opened
end

-- Opens the folder that all paths are below, by its absolute path.
function M.root(path)
  how.flags = bit.bor(RDONLY, CLOEXEC, DIRECTORY)
  how.mode = 0
  how.resolve = 0
  local opened = tonumber(C.syscall(number.openat2, ffi.cast("int", -100), path, how, ffi.cast("size_t", ffi.sizeof(how))))
  return opened >= 0 and opened or nil
end

function M.close(fd) C.close(fd) end

local KINDS = { [0x4000] = "folder", [0x8000] = "file" }

local function moment(at) return string.format("%d.%09d", tonumber(at.sec), at.nsec) end

local function described()
  return {
    kind = KINDS[bit.band(stat.mode, 0xf000)] or "other",
    size = tonumber(stat.size),
    inode = string.format("%d:%d:%d", stat.dev_major, stat.dev_minor, tonumber(stat.ino)),
    born = moment(stat.btime),
    mtime = moment(stat.mtime),
    ctime = moment(stat.ctime),
    seconds = tonumber(stat.mtime.sec),
  }
end

-- What an open file, or a name in an open folder, is: kind, size, inode, mtime and ctime; nil if it is not there.
function M.stat(fd, name)
  local flags = name and 0x100 or EMPTY_PATH -- AT_SYMLINK_NOFOLLOW
  local result = C.syscall(number.statx, ffi.cast("int", fd), name or "", ffi.cast("int", flags),
    ffi.cast("unsigned int", BASIC), stat)
  if result ~= 0 then return nil, ffi.errno() end
  return described()
end

-- The names in an open folder, each with whether it is a folder, a file, or something else.
function M.entries(fd)
  local found = {}
  while true do
    local length = tonumber(C.syscall(number.getdents64, ffi.cast("int", fd), buffer, ffi.cast("size_t", space)))
    if length < 0 then return nil, ffi.errno() end
    if length == 0 then return found end
    local at = 0
    while at < length do
      local entry = ffi.cast("s3_entry *", buffer + at)
      local name = ffi.string(ffi.cast("char *", entry) + 19)
      local kind = entry.type == 4 and "folder" or entry.type == 8 and "file" or "other"
      if entry.type == 0 then
        local known = M.stat(fd, name)
        kind = known and known.kind or "other"
      end
      if name ~= "." and name ~= ".." then found[#found + 1] = { name = name, kind = kind } end
      at = at + entry.reclen
    end
  end
end

function M.get(fd, name)
  local length = tonumber(C.fgetxattr(fd, "user." .. name, buffer, space))
  return length >= 0 and ffi.string(buffer, length) or nil
end

function M.set(fd, name, value) return C.fsetxattr(fd, "user." .. name, value, #value, 0) == 0 end

function M.remove(fd, name) C.fremovexattr(fd, "user." .. name) end

function M.mkdir(fd, name) return C.mkdirat(fd, name, 493) == 0 end -- rwxr-xr-x

function M.rmdir(fd, name) return C.unlinkat(fd, name, REMOVEDIR) == 0 end

-- Reads on from where the last read ended, into the buffer; the number of bytes.
function M.read(fd, into, size) return tonumber(C.read(fd, into, size)) end

function M.rewind(fd) C.lseek(fd, 0, 0) end

-- The first moment that a change from now on can have as its ctime, which is of the clock's last tick, and the present one
-- with some milliseconds more.
function M.moments(more_ms)
  C.clock_gettime(CLOCK_REALTIME_COARSE, clock)
  local first = ("%d.%09d"):format(tonumber(clock.sec), tonumber(clock.nsec))
  C.clock_gettime(CLOCK_REALTIME, clock)
  local nsec = tonumber(clock.nsec) + more_ms * 1000000
  return first, ("%d.%09d"):format(tonumber(clock.sec) + math.floor(nsec / 1e9), nsec % 1e9)
end

return M
